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
from lab.core.window import Window
from lab.telemetry.blocks import BLOCK_MS, Block
from lab.telemetry.business import CHECKOUT, checkout_row, event_row
from lab.telemetry.database import Readers, open_reader, open_writer
from lab.telemetry.gauges import Gauges
from lab.telemetry.index import RecordIndex
from lab.telemetry.model import Log, Span
from lab.telemetry.reopen import reopen
from lab.telemetry.retention import Limits, Retention
from lab.telemetry.series import Series, SeriesTable, place_of
from lab.telemetry.streams import Stream, log_head, log_streams, span_head, span_streams
from lab.telemetry.times import milliseconds_of, whole_ms, whole_us
from lab.telemetry.writer import Batch, Writer

_WRITE_EVERY_S = 0.25
_WRITE_AT = 2000
_TIDY_EVERY_S = 10.0
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
    """Thread-safe. `path` is the database file; opening an existing one continues it. A closed store takes nothing."""

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
        self._sealed = reopen(db, self)
        self._writer = Writer(db, self.span_streams, self.log_streams)
        self._retention = Retention(db, self)
        self._batch = Batch()
        self._shed = [0, 0]
        self._error: str | None = None
        self._added = self._written = 0
        self._urgent = self._stopping = False
        self._arrived = threading.Condition(self.lock)
        self._committed = threading.Condition(self.lock)
        self._places: dict[int, tuple[Series, int] | None] = {}
        self._thread = threading.Thread(target=self._run, name="telemetry-writer", daemon=True)
        self._thread.start()

    def add_spans(self, spans: list[Span]) -> None:
        """Take spans in; returns at once, never raises for load."""
        with self.lock:
            if self._stopping:
                return
            batch = self._batch
            room = self.limits.queue - len(batch.spans) - len(batch.logs)
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
                    self._shed[0] += 1
            self._wake()

    def add_logs(self, logs: list[Log]) -> None:
        """Take logs in (their `id` is given here); returns at once, never raises for load."""
        with self.lock:
            if self._stopping:
                return
            batch = self._batch
            room = self.limits.queue - len(batch.spans) - len(batch.logs)
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
                    self._shed[1] += 1
            self._wake()

    def add_gauges(self, service: str, time_s: float, values: dict[str, float]) -> None:
        """Take measured values of a service in."""
        time_ms = whole_ms(time_s)
        with self.lock:
            if self._stopping:
                return
            for name, value in values.items():
                gauge, new = self.gauges.put(service, name, time_ms, value)
                if new:
                    self._batch.gauge_names.append((gauge, service, name))
                if gauge >= 0:
                    self._batch.gauges.append((gauge, time_ms, value))
            self._wake()

    def flush(self, timeout_s: float = 5.0) -> bool:
        """Wait until everything added before is committed; False when that took too long."""
        with self.lock:
            target = self._added
            if self._written >= target:
                return True
            self._urgent = True
            self._arrived.notify()
            return self._committed.wait_for(lambda: self._written >= target, timeout_s)

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
                spans_shed=self._shed[0],
                logs_shed=self._shed[1],
                evicted=self._retention.evicted,
                queued=len(self._batch),
                disk_bytes=self._retention.disk_bytes,
                error=self._error,
            )

    def close(self) -> None:
        """Write what is queued and release the file; idempotent."""
        with self.lock:
            self._stopping = True
            self._arrived.notify()
        self._thread.join()
        self.readers.close()
        self._block_reader.close()

    def _pin(self, kind: str, low: int | str, high: int | str) -> None:
        with self.lock:
            self._retention.pin(kind, low, high)
            self._batch.pins.append((kind, low, high))
            self._wake()

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

    def _wake(self) -> None:
        if not len(self._batch):
            return
        self._added += 1
        self._arrived.notify()

    def _load_block(self, series: Series, number: int) -> Block:
        row = self._block_reader.execute(
            "SELECT at, us, codes FROM blocks WHERE series = ? AND block = ?", (series.id, number)
        ).fetchone()
        return Block.unpack(*row) if row else Block()

    def _run(self) -> None:
        tidied_s = self.clock.now()
        while True:
            with self.lock:
                self._arrived.wait_for(lambda: self._stopping or len(self._batch) > 0, _TIDY_EVERY_S)
                self._arrived.wait_for(
                    lambda: self._stopping or self._urgent or len(self._batch) >= _WRITE_AT, _WRITE_EVERY_S
                )
                batch, self._batch = self._batch, Batch()
                stopping, self._urgent = self._stopping, False
                target = self._added
            self._write(batch)
            now_s = self.clock.now()
            tidy = stopping or abs(now_s - tidied_s) >= _TIDY_EVERY_S
            if tidy:
                tidied_s = now_s
            self._tidy(everything=stopping, blocks=tidy)
            with self.lock:
                self._written = target
                self._committed.notify_all()
                if stopping and not len(self._batch):
                    break
        self._writer.db.close()

    def _write(self, batch: Batch) -> None:
        if not len(batch):
            return
        first_span, first_log = self._writer.next_span, self._writer.next_log
        try:
            self._writer.write(batch)
        except sqlite3.Error as error:  # a full disk, say: the records are lost, the lab goes on and stats() tells
            with self.lock:
                self._error = f"{error}"
                self._shed[0] += len(batch.spans)
                self._shed[1] += len(batch.logs)
            return
        with self.lock:
            self._error = None
            for number, (_, stream, end_us, _) in enumerate(batch.spans, first_span):
                self.spans.add(number, stream.id, end_us // 1000)
            for number, (_, log_stream, time_us) in enumerate(batch.logs, first_log):
                self.logs.add(number, log_stream.id, time_us // 1000)

    def _tidy(self, *, everything: bool, blocks: bool) -> None:
        """Save blocks that are complete, free their memory, evict what exceeds the limits."""
        current = whole_ms(self.clock.now()) // BLOCK_MS
        with self.lock:
            sealed = max(self._sealed, current + 2 if everything else current - 1 if blocks else 0)
            changed = self.series.take_changed(sealed)
            packed = [(series, number, block.pack()) for series, number, block in changed]
            all_series = list(self.series.all)
        try:
            if packed or sealed > self._sealed:
                self._writer.save_blocks(packed, all_series, sealed)
                self._sealed = sealed
            self._retention.enforce()
        except sqlite3.Error as error:
            with self.lock:
                self._error = f"{error}"
                self.series.changed.update((series.id, number) for series, number, _ in changed)
        with self.lock:
            self.series.forget(self.limits.points_in_memory)
