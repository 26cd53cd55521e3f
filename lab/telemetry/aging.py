"""What is kept longer than records: counted requests, measured values, orders. Until it is old, or too much.

Rows of one table go by their age, oldest first; pinned windows stay. Without a bound on their number a lab that is left
running would fill its file with them, and records would have to make room.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_STEPS = 500

Windows = Sequence[tuple[int, int]]
"""From (included) to (excluded), unix milliseconds."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """A table of rows with a moment each. `unit_ms` is what one step of the column is worth."""

    table: str
    column: str
    most: int
    count: str = "count(*)"
    unit_ms: int = 1


def age(db: sqlite3.Connection, ledger: Ledger, now_ms: int, hours: float, pinned: Windows) -> list[tuple[int, int]]:
    """Delete what is older than `hours`, or too much; the ranges of the column that were deleted."""
    before_ms = _horizon(db, ledger, now_ms, now_ms - round(hours * 3_600_000))
    ranges = [(-(-start // ledger.unit_ms), end // ledger.unit_ms) for start, end in gaps(before_ms, pinned)]
    for start, end in ranges:
        _delete(db, ledger, start, end)
    return ranges


def gaps(before_ms: int, pinned: Windows) -> Iterator[tuple[int, int]]:
    """All of the time before a moment that no pinned window covers."""
    reached = 0
    for low, high in sorted(pinned):
        if low >= before_ms:
            break
        if low > reached:
            yield reached, low
        reached = max(reached, high)
    if reached < before_ms:
        yield reached, before_ms


def _horizon(db: sqlite3.Connection, ledger: Ledger, now_ms: int, before_ms: int) -> int:
    """The moment before which rows go, so that nine tenths of the number that may be kept are newer."""
    table, column, count = ledger.table, ledger.column, ledger.count
    kept, oldest = db.execute(f"SELECT {count}, min({column}) FROM {table}").fetchone()  # noqa: S608 - constants
    if not kept or kept <= ledger.most:
        return before_ms
    step = max(1, (now_ms // ledger.unit_ms - int(oldest)) // _STEPS)
    newer = 0
    for number, rows in db.execute(
        f"SELECT {column} / ? AS step, {count} FROM {table} GROUP BY step ORDER BY step DESC",  # noqa: S608 - constants
        (step,),
    ):
        newer += rows
        if newer > 0.9 * ledger.most:
            return max(before_ms, (int(number) + 1) * step * ledger.unit_ms)
    return before_ms


def _delete(db: sqlite3.Connection, ledger: Ledger, start: int, end: int) -> None:
    if ledger.table != "gauges":
        db.execute(f"DELETE FROM {ledger.table} WHERE {ledger.column} >= ? AND {ledger.column} < ?", (start, end))  # noqa: S608 - constants
        return
    # by name first, as the table is ordered
    for (name,) in db.execute("SELECT id FROM gauge_names").fetchall():
        db.execute("DELETE FROM gauges WHERE name = ? AND time_ms >= ? AND time_ms < ?", (name, start, end))
