"""What goes when there is too much: the oldest records first, pinned ones last."""

import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lab.telemetry.aging import Ledger, age
from lab.telemetry.blocks import BLOCK_MS
from lab.telemetry.database import transaction
from lab.telemetry.times import whole_ms
from lab.telemetry.writer import log_document, span_document

if TYPE_CHECKING:
    from lab.telemetry.store import Store

_AT_ONCE = 1000
_STEP = 50  # a file that is too large loses a fiftieth of its records at once
_AGE_EVERY_MS = 60_000
_YOUNG = 10  # pins are given up before the newest tenth


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of memory and disk. What exceeds `queue` (records not yet written) is shed and counted.

    `hours` bounds what is small and kept longer than records: `points` of series, values of `gauges`, and checkouts and
    events of `orders`. Each has a number too, so that all of them together leave room for records in `disk_bytes`.
    """

    logs: int = 1_000_000
    spans: int = 300_000
    disk_bytes: int = 512 << 20
    queue: int = 10_000
    points_in_memory: int = 250_000
    hours: float = 24.0
    points: int = 15_000_000
    gauges: int = 4_000_000
    orders: int = 300_000


class Retention:
    """Evicts. Runs on the writer's thread and connection; the store's lock guards pins and counts."""

    def __init__(self, db: sqlite3.Connection, store: "Store") -> None:
        self._db = db
        self._store = store
        limits = self._limits = store.limits
        self._after = {"spans": 0, "logs": 0}
        self._windows: list[tuple[int, int]] = []
        self._logs: set[int] = set()
        self._traces: set[str] = set()
        self._aged_ms = 0
        self._ledgers = (
            Ledger("gauges", "time_ms", limits.gauges),
            Ledger("checkouts", "end_ms", limits.orders),
            Ledger("order_events", "time_ms", limits.orders),
        )
        self._blocks = Ledger("blocks", "block", limits.points, count="sum(length(codes))", unit_ms=BLOCK_MS)
        self.evicted = 0
        self.disk_bytes = 0
        for kind, low, high in db.execute("SELECT kind, low, high FROM pins"):
            self.pin(kind, low, high)

    def pin(self, kind: str, low: int | str, high: int | str) -> None:
        """Protect a window (ms), a log's id or a trace's id."""
        if kind == "window":
            if (int(low), int(high)) not in self._windows:
                self._windows.append((int(low), int(high)))
        elif kind == "log":
            self._logs.add(int(low))
        else:
            self._traces.add(str(low))

    def enforce(self, written: int) -> None:
        """Bring records and file back towards the limits: in small steps, twice as fast as records were `written`."""
        most = 2 * written + _AT_ONCE
        limits, store = self._limits, self._store
        for table, index, limit in (("spans", store.spans, limits.spans), ("logs", store.logs, limits.logs)):
            if index.count > limit:
                self._evict(table, min(most, index.count - limit))
        self.disk_bytes = self._used_bytes()
        if self.disk_bytes > limits.disk_bytes:
            for table, index in (("spans", store.spans), ("logs", store.logs)):
                self._evict(table, min(most, index.count // _STEP + 1))
        self._age(whole_ms(store.clock.now()))

    def _used_bytes(self) -> int:
        (pages,) = self._db.execute("PRAGMA page_count").fetchone()
        (free,) = self._db.execute("PRAGMA freelist_count").fetchone()
        (size,) = self._db.execute("PRAGMA page_size").fetchone()
        return int((pages - free) * size)

    def _evict(self, table: str, count: int) -> None:
        """Walk from the oldest record on, past the pinned ones; when only the newest are left, pins no longer count."""
        removed, ignore_pins = 0, False
        (newest,) = self._db.execute(f"SELECT coalesce(max(id), 0) FROM {table}").fetchone()  # noqa: S608 - a constant
        index = self._store.spans if table == "spans" else self._store.logs
        while removed < count and index.count:
            rows = self._db.execute(
                f"SELECT * FROM {table} WHERE id > ? AND id <= ? ORDER BY id LIMIT ?",  # noqa: S608 - a constant
                (self._after[table], newest - index.count // _YOUNG, min(_AT_ONCE, count - removed)),
            ).fetchall()
            if not rows:
                if ignore_pins:
                    break
                ignore_pins, self._after[table] = True, 0
                continue
            self._after[table] = rows[-1][0]
            victims = rows if ignore_pins else [row for row in rows if not self._pinned(table, row)]
            self._remove(table, victims)
            removed += len(victims)
        (oldest,) = self._db.execute(f"SELECT coalesce(min(id), 0) FROM {table}").fetchone()  # noqa: S608 - a constant
        with self._store.lock:
            self.evicted += removed
            index.forget_ids(oldest)

    def _pinned(self, table: str, row: tuple[Any, ...]) -> bool:
        ms = row[1] // 1000
        trace = row[4] if table == "spans" else row[3]
        if any(low <= ms < high for low, high in self._windows) or trace in self._traces:
            return True
        return table == "logs" and row[0] in self._logs

    def _remove(self, table: str, rows: list[tuple[Any, ...]]) -> None:
        db, store = self._db, self._store
        gone, texts = [], []
        for row in rows:
            if table == "spans":
                number, time_us, duration_us, stream, _, _, _, attributes = row
                text = span_document(store.span_streams, store.span_streams.all[stream], duration_us, attributes)
            else:
                number, time_us, stream, trace, _, message, attributes = row
                text = log_document(
                    store.log_streams,
                    store.log_streams.all[stream],
                    message,
                    trace,
                    attributes,
                )
            texts.append((number, text))
            gone.append((stream, time_us // 1000))
        with transaction(db):
            db.executemany(f"INSERT INTO {table}_text({table}_text, rowid, tokens) VALUES('delete', ?, ?)", texts)
            db.executemany(f"DELETE FROM {table} WHERE id = ?", [(number,) for number, _ in texts])  # noqa: S608 - a constant
        index = store.spans if table == "spans" else store.logs
        with store.lock:
            for stream, ms in gone:
                index.remove(stream, ms)

    def _age(self, now_ms: int) -> None:
        """Once a minute: what is kept longer than records, but not forever."""
        if abs(now_ms - self._aged_ms) < _AGE_EVERY_MS:
            return
        self._aged_ms = now_ms
        db, store, hours = self._db, self._store, self._limits.hours
        with store.lock:
            pinned = list(self._windows)
        for ledger in self._ledgers:
            age(db, ledger, now_ms, hours, pinned)
        ranges = age(db, self._blocks, now_ms, hours, pinned)
        with store.lock:
            store.series.drop(ranges)
