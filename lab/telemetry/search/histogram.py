"""How many rows match in each step of a window: exact, without looking at each row.

Records lie in chunks of ids, and of each chunk the index knows the first and last moment. A chunk that lies in one step
needs no times; only in those on a border the time of each record is read.
"""

import sqlite3
from bisect import bisect_left

from lab.telemetry.index import CHUNK, Chunks
from lab.telemetry.search.plan import Period, Plan, count
from lab.telemetry.search.table import Table

_MOST_FETCHED = 20_000
_MOST_RUNS = 500

Steps = list[tuple[int, int]]


def histogram(db: sqlite3.Connection, plan: Plan, when: Period, steps: Steps) -> list[int]:
    """Counts for steps (ms) that cut the period evenly; the last one may be shorter."""
    if plan.nothing or not when.runs or not steps:
        return [0] * len(steps)
    if plan.where != "1":
        return _by_time(db, plan, when, steps)
    if plan.match is None:
        return [count(db, plan, Period(start_ms, end_ms, when.chunks)) for start_ms, end_ms in steps]
    bins = _Bins(plan.table, when, steps)
    # Asking for a prefix costs the same each time, so for prefixes one answer however long is better than many.
    whole = '"*' in plan.match or len(bins.runs) > _MOST_RUNS
    found = _ids(db, plan, when.runs[0].low, when.runs[-1].high, -1 if whole else _MOST_FETCHED + 1)
    if whole or len(found) <= _MOST_FETCHED:
        bins.add(db, found, when.chunks)
        return bins.counts
    for place, first, last in bins.runs:
        low, high = first * CHUNK, last * CHUNK + CHUNK - 1
        if place is None:
            chunks = {chunk: when.chunks[chunk] for chunk in range(first, last + 1)}
            bins.add(db, _ids(db, plan, low, high, -1), chunks)
        else:
            name = plan.table.name
            sql = f"SELECT count(*) FROM {name}_text WHERE {name}_text MATCH ? AND rowid BETWEEN ? AND ?"  # noqa: S608 - constants
            bins.counts[place] += db.execute(sql, (plan.match, low, high)).fetchone()[0]
    return bins.counts


class _Bins:
    """Counts by step, and runs of neighbouring chunks that lie in the same step (None: on a border)."""

    def __init__(self, table: Table, when: Period, steps: Steps) -> None:
        self.counts = [0] * len(steps)
        self.runs: list[tuple[int | None, int, int]] = []
        self._table = table
        self._when = when
        self._step_ms = steps[0][1] - steps[0][0]
        for chunk, (low_ms, high_ms) in when.chunks.items():
            place = self._place(low_ms, high_ms)
            if self.runs and self.runs[-1][0] == place and self.runs[-1][2] == chunk - 1:
                self.runs[-1] = (place, self.runs[-1][1], chunk)
            else:
                self.runs.append((place, chunk, chunk))

    def _place(self, low_ms: int, high_ms: int) -> int | None:
        if low_ms < self._when.start_ms or high_ms >= self._when.end_ms:
            return None
        place = (low_ms - self._when.start_ms) // self._step_ms
        return place if place == (high_ms - self._when.start_ms) // self._step_ms else None

    def add(self, db: sqlite3.Connection, found: list[int], chunks: Chunks) -> None:
        """Matching ids, ascending, of these chunks."""
        when = self._when
        for chunk, (low_ms, high_ms) in chunks.items():
            first = bisect_left(found, chunk * CHUNK)
            last = bisect_left(found, (chunk + 1) * CHUNK, first)
            place = self._place(low_ms, high_ms)
            if place is not None:
                self.counts[place] += last - first
            elif first < last:
                wanted = set(found[first:last])
                for number, ms in db.execute(
                    f"SELECT id, time_us / 1000 FROM {self._table.name} WHERE id BETWEEN ? AND ?",  # noqa: S608 - a constant
                    (found[first], found[last - 1]),
                ):
                    if number in wanted and when.start_ms <= ms < when.end_ms:
                        self.counts[(ms - when.start_ms) // self._step_ms] += 1


def _ids(db: sqlite3.Connection, plan: Plan, low: int, high: int, most: int) -> list[int]:
    name = plan.table.name
    sql = f"SELECT rowid FROM {name}_text WHERE {name}_text MATCH ? AND rowid BETWEEN ? AND ? ORDER BY rowid LIMIT ?"  # noqa: S608 - constants
    return [row[0] for row in db.execute(sql, (plan.match, low, high, most))]


def _by_time(db: sqlite3.Connection, plan: Plan, when: Period, steps: Steps) -> list[int]:
    """Rows that have to be looked at anyway: grouped by their time."""
    name, counts = plan.table.name, [0] * len(steps)
    step = f"(r.time_us / 1000 - {when.start_ms}) / {steps[0][1] - steps[0][0]}"
    where = f"r.id BETWEEN ? AND ? AND {when.sql} AND {plan.where}".format(row="r")
    ids = (when.runs[0].low, when.runs[-1].high)
    if plan.match is None:
        sql = f"SELECT {step}, count(*) FROM {name} r WHERE {where} GROUP BY 1"  # noqa: S608 - constants; values are parameters
        rows = db.execute(sql, (*ids, *plan.parameters))
    else:
        sql = (
            f"SELECT {step}, count(*) FROM {name}_text t CROSS JOIN {name} r ON r.id = t.rowid "  # noqa: S608 - constants; values are parameters
            f"WHERE {name}_text MATCH ? AND t.rowid BETWEEN ? AND ? AND {where} GROUP BY 1"
        )
        rows = db.execute(sql, (plan.match, *ids, *ids, *plan.parameters))
    for place, number in rows:
        counts[place] = number
    return counts
