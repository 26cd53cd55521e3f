"""The store: takes records in without ever blocking, keeps them bounded, survives kill -9.

A caller only counts (`series`, see there) and appends to a bounded queue; one thread writes the queue to the file every
quarter of a second. When the queue is full a record is shed: it is missing from searches, is counted in `stats()`, and
still counts in the metrics. A killed process loses at most what was queued.
"""

import sqlite3
import threading
from dataclasses import dataclass
from pathlib import Path

from lab.core.clock import Clock
from lab.core.errors import LabError
from lab.core.window import Window
from lab.telemetry.blocks import Block
from lab.telemetry.business import CHECKOUT, checkout_row, event_row
from lab.telemetry.database import Readers, gone, open_reader, open_writer
from lab.telemetry.gauges import Gauges
from lab.telemetry.inbox import Inbox
from lab.telemetry.index import RecordIndex
from lab.telemetry.keeper import Keeper
from lab.telemetry.model import Log, Span
from lab.telemetry.reopen import reopen
from lab.telemetry.retention import Limits
from lab.telemetry.series import Series, SeriesTable, place_of
from lab.telemetry.streams import Stream, log_head, log_streams, span_head, span_streams
from lab.telemetry.times import milliseconds_of, whole_ms, whole_us

_MOST_BUSINESS_ROWS = 50_000  # between two writes


@dataclass(frozen=True, slots=True)
class StoreStats:
    """What the store holds and what it had to let go."""

    spans: int
    logs: int
    spans_shed: int
    logs_shed: int
    evicted: int
    queued: int
    disk_bytes: int
    error: str | None = None


class Store:
    """Thread-safe. `path` is the database file; opening an existing one continues it.

    A closed store takes nothing, and whoever asks it for what the file held gets a Conflict.
    """

    def __init__(self, path: Path, *, clock: Clock, limits: Limits | None = None) -> None:
        self.path = path
        self.clock = clock
        self.limits = limits or Limits()
        self.lock = threading.Lock()
        self.span_streams, self.log_streams = span_streams(), log_streams()
        self.spans, self.logs = RecordIndex(), RecordIndex()
        self.series = SeriesTable(self._load_block)
        self.gauges = Gauges()
        db = open_writer(path)
        self.readers = Readers(path)
        self._block_reader = open_reader(path)  # used under the lock, so never waits for a lent one
        try:
            sealed = reopen(db, self)
        except LabError:
            self._block_reader.close()
            db.close()
            raise
        self.inbox = Inbox(self.lock, self.limits.queue)
        self._keeper = Keeper(db, self, sealed)
        self._places: dict[int, tuple[Series, int] | None] = {}
        self._thread = threading.Thread(target=self._keeper.run, name="telemetry-writer", daemon=True)
        self._thread.start()

    def add_spans(self, spans: list[Span]) -> None:
        """Take spans in; returns at once, never raises for load."""
        with self.lock:
            if self.inbox.stopped:
                return
            batch, room = self.inbox.batch, self.inbox.room()
            for span in spans:
                duration_us = max(0, round(span.duration_ms * 1000))
                end_us = whole_us(span.start_s) + duration_us
                stream = self.span_streams.of(span_head(span), span.attributes)
                place = self._place(stream, span)
                if place is not None:
                    series, code = place
                    self.series.add(series, code, end_us // 1000, duration_us)
                    if series.key == CHECKOUT and len(batch.checkouts) < _MOST_BUSINESS_ROWS:
                        batch.checkouts.append(checkout_row(span, end_us, duration_us, series.outcomes[code]))
                if room > 0:
                    batch.spans.append((span, stream, end_us, duration_us))
                    room -= 1
                else:
                    self.inbox.spans_shed += 1
            self.inbox.arrived()

    def add_logs(self, logs: list[Log]) -> None:
        """Take logs in (their `id` is given here); returns at once, never raises for load."""
        with self.lock:
            if self.inbox.stopped:
                return
            batch, room = self.inbox.batch, self.inbox.room()
            for log in logs:
                time_us = whole_us(log.time_s)
                if log.event is not None and log.event.startswith("order."):
                    row = event_row(log, time_us)
                    if row is not None and len(batch.events) < _MOST_BUSINESS_ROWS:
                        batch.events.append(row)
                if room > 0:
                    stream = self.log_streams.of(log_head(log), log.attributes)
                    batch.logs.append((log, stream, time_us))
                    room -= 1
                else:
                    self.inbox.logs_shed += 1
            self.inbox.arrived()

    def add_gauges(self, service: str, time_s: float, values: dict[str, float]) -> None:
        """Take measured values of a service in."""
        time_ms = whole_ms(time_s)
        with self.lock:
            if self.inbox.stopped:
                return
            for name, value in values.items():
                gauge, new = self.gauges.put(service, name, time_ms, value)
                if new:
                    self.inbox.batch.gauge_names.append((gauge, service, name))
                if gauge >= 0:
                    self.inbox.batch.gauges.append((gauge, time_ms, value))
            self.inbox.arrived()

    def flush(self, timeout_s: float = 5.0) -> bool:
        """Wait until everything added before is committed; False when that took too long."""
        return self.inbox.settle(timeout_s)

    def pin(self, window: Window) -> None:
        """Keep the window's records while anything else can go."""
        self._pin("window", *milliseconds_of(window))

    def pin_log(self, log_id: int) -> None:
        """Keep a cited log record."""
        self._pin("log", log_id, log_id)

    def pin_trace(self, trace_id: str) -> None:
        """Keep a cited trace."""
        self._pin("trace", trace_id, trace_id)

    def stats(self) -> StoreStats:
        """What is held, shed, evicted."""
        with self.lock:
            return StoreStats(
                spans=self.spans.count,
                logs=self.logs.count,
                spans_shed=self.inbox.spans_shed,
                logs_shed=self.inbox.logs_shed,
                evicted=self._keeper.retention.evicted,
                queued=len(self.inbox.batch),
                disk_bytes=self._keeper.retention.disk_bytes,
                error=self._keeper.error,
            )

    def close(self) -> None:
        """Write what is queued and release the file; idempotent."""
        self.inbox.stop()
        self._thread.join()
        self.readers.close()
        with self.lock:
            self._block_reader.close()

    def _pin(self, kind: str, low: int | str, high: int | str) -> None:
        with self.lock:
            self._keeper.retention.pin(kind, low, high)
            self.inbox.batch.pins.append((kind, low, high))
            self.inbox.arrived()

    def _place(self, stream: Stream[Span], span: Span) -> tuple[Series, int] | None:
        if not stream.open and stream.id in self._places:
            return self._places[stream.id]
        place = place_of(span)
        found = None
        if place is not None:
            series = self.series.of(place[0])
            found = series, series.code(place[1])
        if not stream.open:
            self._places[stream.id] = found
        return found

    def _load_block(self, series: Series, number: int) -> Block:
        query = "SELECT at, us, codes FROM blocks WHERE series = ? AND block = ?"
        try:
            row = self._block_reader.execute(query, (series.id, number)).fetchone()
        except sqlite3.ProgrammingError:  # it is closed
            raise gone() from None
        return Block.unpack(*row) if row else Block()
