"""A whole query as the cheapest way to find its rows."""

import heapq
import sqlite3
from collections.abc import Generator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from lab.telemetry.index import Chunks, Run, runs_of
from lab.telemetry.language import Term
from lab.telemetry.search.conditions import Condition, compile_term
from lab.telemetry.search.table import Table

Row = tuple[Any, ...]

_MOST_MERGED = 100
_COMMON = 20  # from a twentieth of all records on, reading them newest first finds some soon


@dataclass(frozen=True, slots=True)
class Plan:
    """How to find the rows: by `streams` alone, or by the full-text expression `match` and conditions on rows."""

    table: Table
    conditions: tuple[Condition, ...]
    streams: frozenset[int] | None
    match: str | None
    where: str
    parameters: tuple[Any, ...]

    @property
    def nothing(self) -> bool:
        """Whether no row can fit."""
        return self.streams is not None and not self.streams


@dataclass(frozen=True)
class Period:
    """The time asked for, in unix ms, and where records of that time are."""

    start_ms: int
    end_ms: int
    chunks: Chunks

    @cached_property
    def runs(self) -> list[Run]:
        """Ranges of ids that hold every record of the period."""
        return runs_of(self.chunks, self.start_ms, self.end_ms)

    @property
    def sql(self) -> str:
        """The condition on a row's time."""
        return f"{{row}}.time_us >= {self.start_ms * 1000} AND {{row}}.time_us < {self.end_ms * 1000}"


def make_plan(terms: Sequence[Term], table: Table, extra: str = "", parameters: tuple[Any, ...] = ()) -> Plan:
    """Compile terms that must all fit (or not, when negated), and one more condition in SQL."""
    conditions = [compile_term(term, table, number) for number, term in enumerate(terms)]
    pairs = list(zip(terms, conditions, strict=True))
    streams: frozenset[int] | None = None
    for term, condition in pairs:
        if condition.streams is not None:
            known = frozenset(stream.id for stream in table.streams.all) if streams is None else streams
            streams = known - condition.streams if term.negated else known & condition.streams
    if not extra and all(condition.streams is not None for condition in conditions):
        every = frozenset(stream.id for stream in table.streams.all)
        return Plan(table, (), every if streams is None else streams, None, "1", ())
    texts = [c.text for term, c in pairs if c.text and not term.negated]
    without = [c.text for term, c in pairs if c.text and term.negated and c.exact]
    match = " AND ".join(f"({text})" for text in texts) if texts else None
    if match and without:
        match = f"({match}) NOT ({' OR '.join(without)})"
    where = ["1"]
    values: list[Any] = []
    for term, condition in pairs:
        if match and condition.exact and condition.text:
            continue
        where.append(f"NOT coalesce({condition.sql}, 0)" if term.negated else condition.sql)
        values += condition.parameters
    if extra:
        where.append(extra)
        values += parameters
    return Plan(table, tuple(conditions), streams, match, " AND ".join(where), tuple(values))


def prepare(db: sqlite3.Connection, plan: Plan) -> None:
    """Make the plan's checks known to the connection."""
    for condition in plan.conditions:
        for function in condition.functions:
            db.create_function(function.name, function.arguments, function.check, deterministic=True)


def newest(
    db: sqlite3.Connection, plan: Plan, when: Period, columns: str, before_id: int
) -> Generator[Row, None, None]:
    """Matching rows, the latest to arrive first; the first of the `columns` must be the id. Close it when done."""
    if plan.nothing or not when.runs:
        return
    low, high = when.runs[0].low, min(when.runs[-1].high, before_id - 1)
    picked = ", ".join(f"r.{column.strip()}" for column in columns.split(","))
    where = f"r.id BETWEEN ? AND ? AND {when.sql} AND {plan.where}".format(row="r")
    name = plan.table.name
    if plan.match is not None:
        sql = (
            f"SELECT {picked} FROM {name}_text t CROSS JOIN {name} r ON r.id = t.rowid "  # noqa: S608 - constants; values are parameters
            f"WHERE {name}_text MATCH ? AND t.rowid BETWEEN ? AND ? AND {where} ORDER BY t.rowid DESC"
        )
        yield from _closing(db, sql, (plan.match, low, high, low, high, *plan.parameters))
        return
    rare = _rare_streams(plan, when)
    if rare is None:
        chosen = "" if plan.streams is None else f"AND +r.stream IN ({','.join(map(str, plan.streams))})"
        sql = f"SELECT {picked} FROM {name} r WHERE {where} {chosen} ORDER BY r.id DESC"  # noqa: S608 - constants; values are parameters
        yield from _closing(db, sql, (low, high, *plan.parameters))
        return
    sql = (
        f"SELECT {picked} FROM {name} r INDEXED BY {name}_stream "  # noqa: S608 - constants; values are parameters
        f"WHERE r.stream = ? AND {where} ORDER BY r.id DESC"
    )
    with ExitStack() as stack:
        cursors = [
            stack.enter_context(closing(db.execute(sql, (stream, low, high, *plan.parameters)))) for stream in rare
        ]
        yield from heapq.merge(*cursors, key=lambda row: -row[0])


def count(db: sqlite3.Connection, plan: Plan, when: Period) -> int:
    """How many rows match."""
    if plan.nothing:
        return 0
    if plan.where == "1" and plan.match is None and plan.streams is not None:
        return sum(plan.table.index.counts(when.start_ms, when.end_ms, plan.streams).values())
    name, total = plan.table.name, 0
    for run in when.runs:
        where = plan.where.format(row="r") + ("" if run.inside else f" AND {when.sql}".format(row="r"))
        values: tuple[Any, ...] = (run.low, run.high)
        if plan.match is None:
            sql = f"SELECT count(*) FROM {name} r WHERE r.id BETWEEN ? AND ? AND {where}"  # noqa: S608 - constants; values are parameters
        elif where == "1":
            sql = f"SELECT count(*) FROM {name}_text WHERE {name}_text MATCH ? AND rowid BETWEEN ? AND ?"  # noqa: S608 - constants
            values = (plan.match, *values)
        else:
            sql = (
                f"SELECT count(*) FROM {name}_text t CROSS JOIN {name} r ON r.id = t.rowid "  # noqa: S608 - constants
                f"WHERE {name}_text MATCH ? AND t.rowid BETWEEN ? AND ? AND {where}"
            )
            values = (plan.match, *values)
        total += db.execute(sql, (*values, *plan.parameters)).fetchone()[0]
    return total


def _rare_streams(plan: Plan, when: Period) -> list[int] | None:
    """The few streams to merge; None when reading everything newest first is better."""
    if plan.streams is None:
        return None
    counts = plan.table.index.counts(when.start_ms, when.end_ms, plan.streams)
    if len(counts) > _MOST_MERGED or sum(counts.values()) * _COMMON > plan.table.index.count:
        return None
    return sorted(counts)


def _closing(db: sqlite3.Connection, sql: str, parameters: tuple[Any, ...]) -> Generator[Row, None, None]:
    with closing(db.execute(sql, parameters)) as rows:
        yield from rows
