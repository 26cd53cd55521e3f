"""Searches in traces: a list of them, and one whole."""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable
from contextlib import closing
from dataclasses import replace
from itertools import islice
from typing import Any

from lab.core.errors import NotFound, UsageError
from lab.core.window import Window
from lab.telemetry.assembly import assemble, summarise
from lab.telemetry.language import Query, parse
from lab.telemetry.matching import trace_fits
from lab.telemetry.model import Span, Trace, TraceSummary
from lab.telemetry.search.conditions import compile_term
from lab.telemetry.search.logs import period
from lab.telemetry.search.plan import Plan, make_plan, newest, prepare
from lab.telemetry.search.table import spans_table
from lab.telemetry.store import Store
from lab.telemetry.times import FOREVER_MS
from lab.telemetry.words import fold

_LOG_FIELDS = ("level", "event")
_MOST_SPANS = 5000


class TraceSearch:
    """Searches over a store's spans."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._table = spans_table(store)

    def page(self, query: str, window: Window | None, limit: int) -> list[TraceSummary]:
        """Traces of which a span ended in the window and fits, the latest first."""
        parsed = self._parse(query)
        with self._store.lock:
            plan = self._plan(parsed)
            when = period(self._table, window)
        found: dict[str, None] = {}
        with self._store.readers.borrow() as db:
            prepare(db, plan)
            with closing(newest(db, plan, when, "id, trace", FOREVER_MS)) as rows:
                for _, trace_id in rows:
                    found[trace_id] = None
                    if len(found) >= limit:
                        break
            spans = self._spans(db, found)
        traces = [summarise(trace_id, spans[trace_id]) for trace_id in found if trace_id in spans]
        return sorted(traces, key=lambda trace: -trace.start_s)

    def spans(self, query: str, limit: int) -> list[Span]:
        """Single spans that fit every term, the latest to arrive first."""
        parsed = self._parse(query)
        with self._store.lock:
            plan = make_plan(parsed.terms, self._table)
            when = period(self._table, None)
        with self._store.readers.borrow() as db:
            prepare(db, plan)
            with closing(newest(db, plan, when, ",".join(self._table.columns), FOREVER_MS)) as rows:
                return [self._table.record(row) for row in islice(rows, limit)]

    def one(self, trace_id: str) -> Trace:
        """A trace by id or unique prefix; NotFound or UsageError (ambiguous) otherwise."""
        whole, spans = self._find(trace_id)
        return assemble(whole, spans)

    def matches(self, trace_id: str, query: str) -> bool:
        """Whether this trace fits the query."""
        parsed = self._parse(query)
        return trace_fits(self._find(trace_id)[1], parsed)

    def _find(self, prefix: str) -> tuple[str, list[Span]]:
        wanted = fold(prefix.strip())
        if not wanted:
            raise UsageError("A trace needs its id.", "List some with `lab traces`; the first characters are enough.")
        with self._store.readers.borrow() as db:
            ids = [
                row[0]
                for row in db.execute(
                    "SELECT DISTINCT trace FROM spans WHERE trace >= ? AND trace < ? ORDER BY trace LIMIT 3",
                    (wanted, wanted + "\U0010ffff"),
                )
            ]
            if not ids:
                raise NotFound(f"There is no trace {prefix}.", "List some with `lab traces`.")
            if len(ids) > 1 and wanted not in ids:
                raise UsageError(
                    f"More than one trace begins with {prefix}: {ids[0]}, {ids[1]} …", "Give more of the id."
                )
            whole = wanted if wanted in ids else ids[0]
            return whole, self._spans(db, [whole])[whole]

    def _spans(self, db: sqlite3.Connection, trace_ids: Iterable[str]) -> dict[str, list[Span]]:
        columns = ",".join(self._table.columns)
        spans: defaultdict[str, list[Span]] = defaultdict(list)
        for trace_id in trace_ids:
            rows = db.execute(
                f"SELECT {columns} FROM spans WHERE trace = ? ORDER BY id LIMIT {_MOST_SPANS}",  # noqa: S608 - constants
                (trace_id,),
            )
            spans[trace_id].extend(self._table.record(row) for row in rows)
        return spans

    def _parse(self, query: str) -> Query:
        parsed = parse(query)
        for term in parsed.terms:
            if term.field in _LOG_FIELDS:
                raise UsageError(
                    f"`{term.field}:` is a field of logs; spans do not have it.",
                    "Search logs with it, or traces by status:error, duration:>500, peer:partner.",
                )
            if term.field == "root" and term.number is not None:
                raise UsageError("`root:` is a name, not a number.", 'Write root:"POST /api/v1/orders".')
        return parsed

    def _plan(self, query: Query) -> Plan:
        """One row must fit the positive terms; the others are about all spans of its trace."""
        wanted = [term for term in query.terms if term.field != "root" and not term.negated]
        others = [term for term in query.terms if term.field == "root" or term.negated]
        compiled, conditions, parameters = [], [], list[Any]()
        for number, term in enumerate(others, len(wanted)):
            condition = compile_term(term, self._table, number)
            compiled.append(condition)
            parameters += condition.parameters
            if term.field == "root":
                root = f"{{row}}.parent IS NULL AND {condition.sql}"
                if wanted or term.negated:
                    ids = f"SELECT n.trace FROM spans n WHERE {root.format(row='n')}"  # noqa: S608 - compiled
                    root = f"{{row}}.trace {'NOT ' if term.negated else ''}IN ({ids})"
                conditions.append(root)
            else:
                fits = condition.sql.format(row="n")
                conditions.append(
                    f"NOT EXISTS (SELECT 1 FROM spans n WHERE n.trace = {{row}}.trace AND coalesce({fits}, 0))"  # noqa: S608 - compiled
                )
        plan = make_plan(wanted, self._table, " AND ".join(conditions), tuple(parameters))
        return replace(plan, conditions=(*plan.conditions, *compiled))
