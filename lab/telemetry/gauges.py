"""Values that services measure of themselves: the newest in memory, all of them in the file."""

import math
import sqlite3

from lab.telemetry.model import Point

MOST_GAUGES = 3000


class Gauges:
    """Names and newest values. Guarded by the store's lock."""

    def __init__(self) -> None:
        self.ids: dict[tuple[str, str], int] = {}
        self.last: dict[tuple[str, str], tuple[int, float]] = {}

    def put(self, service: str, name: str, time_ms: int, value: float) -> tuple[int, bool]:
        """A value; returns the gauge's number (-1 when there are too many or it is no number) and whether it is new."""
        key = (service, name)
        gauge = self.ids.get(key)
        new = gauge is None
        if not math.isfinite(value) or (gauge is None and len(self.ids) >= MOST_GAUGES):
            return -1, False
        if gauge is None:
            gauge = self.ids[key] = len(self.ids)
        if key not in self.last or self.last[key][0] <= time_ms:
            self.last[key] = (time_ms, value)
        return gauge, new

    def names(self, service: str) -> list[str]:
        """Every name measured of a service, with its labels."""
        return sorted(name for owner, name in self.ids if owner == service)

    def matching(self, service: str, name: str) -> list[tuple[str, str]]:
        """The gauges that a name means: itself, or every labelled one of that name."""
        if (service, name) in self.ids:
            return [(service, name)]
        return [key for key in self.ids if key[0] == service and key[1].startswith(name + "{")]


def series(db: sqlite3.Connection, gauges: list[int], start_ms: int, end_ms: int) -> list[Point]:
    """Values in a window, those of several gauges at one moment added up."""
    marks = ",".join("?" * len(gauges))
    rows = db.execute(
        f"SELECT time_ms, sum(value) FROM gauges WHERE name IN ({marks}) AND time_ms >= ? AND time_ms < ? "  # noqa: S608 - only question marks
        "GROUP BY time_ms ORDER BY time_ms",
        (*gauges, start_ms, end_ms),
    )
    return [Point(time_ms / 1000, value) for time_ms, value in rows]


def last(db: sqlite3.Connection, gauges: list[int], before_ms: int) -> float | None:
    """The newest value before a moment, those of several gauges added up."""
    values = [
        row[0]
        for gauge in gauges
        if (
            row := db.execute(
                "SELECT value FROM gauges WHERE name = ? AND time_ms < ? ORDER BY time_ms DESC LIMIT 1",
                (gauge, before_ms),
            ).fetchone()
        )
    ]
    return float(sum(values)) if values else None
