"""Searches in logs: a page, a count, a histogram, one record."""

from contextlib import closing
from itertools import islice

from lab.core.errors import NotFound, UsageError
from lab.core.window import Window
from lab.telemetry.language import parse
from lab.telemetry.matching import log_fits
from lab.telemetry.model import Log, Point
from lab.telemetry.search.histogram import histogram
from lab.telemetry.search.plan import Period, Plan, count, make_plan, newest, prepare
from lab.telemetry.search.table import Table, logs_table
from lab.telemetry.store import Store
from lab.telemetry.times import FOREVER_MS, milliseconds_of, steps

_TRACE_FIELDS = ("root", "kind")
_BEYOND = 1 << 63
"""No number in SQLite is this large."""


class LogSearch:
    """Searches over a store's logs."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._table = logs_table(store)

    def page(self, query: str, window: Window | None, limit: int, before_id: int | None) -> list[Log]:
        """Matching logs, the latest to arrive first."""
        plan = self._plan(query)
        with self._store.lock:
            when = period(self._table, window)
        with self._store.readers.borrow() as db:
            prepare(db, plan)
            columns = ",".join(self._table.columns)
            with closing(newest(db, plan, when, columns, min(before_id or FOREVER_MS, FOREVER_MS))) as rows:
                return [self._table.record(row) for row in islice(rows, limit)]

    def count(self, query: str, window: Window) -> int:
        """How many logs match."""
        plan = self._plan(query)
        with self._store.lock:
            when = period(self._table, window)
        with self._store.readers.borrow() as db:
            prepare(db, plan)
            return count(db, plan, when)

    def histogram(self, query: str, window: Window, step_s: float) -> list[Point]:
        """How many logs match in each step."""
        plan, cut = self._plan(query), steps(window, step_s)
        with self._store.lock:
            when = period(self._table, window)
        with self._store.readers.borrow() as db:
            prepare(db, plan)
            counts = histogram(db, plan, when, cut)
        return [Point(start_ms / 1000, float(number)) for (start_ms, _), number in zip(cut, counts, strict=True)]

    def one(self, log_id: int) -> Log:
        """One log; NotFound when there is none of that number."""
        columns = ",".join(self._table.columns)
        row = None
        if 0 < log_id < _BEYOND:
            with self._store.readers.borrow() as db:
                row = db.execute(f"SELECT {columns} FROM logs WHERE id = ?", (log_id,)).fetchone()  # noqa: S608 - constants
        if row is None:
            raise NotFound(
                f"There is no log record {log_id}.", "List some with `lab logs`; the first column is the number."
            )
        record: Log = self._table.record(row)
        return record

    def matches(self, log_id: int, query: str) -> bool:
        """Whether this log fits the query."""
        return log_fits(self.one(log_id), parse(query))

    def _plan(self, query: str) -> Plan:
        parsed = parse(query)
        for term in parsed.terms:
            if term.field in _TRACE_FIELDS:
                raise UsageError(
                    f"`{term.field}:` is a field of traces; logs do not have it.",
                    f'Search traces with it, or put quotes around the text: "{term.field}:{term.value}".',
                )
        with self._store.lock:
            return make_plan(parsed.terms, self._table)


def period(table: Table, window: Window | None) -> Period:
    """The window and where its records are; call it under the store's lock."""
    start_ms, end_ms = milliseconds_of(window)
    return Period(start_ms, end_ms, table.index.chunks(start_ms, end_ms))
