"""The thread that writes: batches into the file, complete blocks into the file, what is too much out of it."""

import sqlite3
from typing import TYPE_CHECKING

from lab.telemetry.blocks import BLOCK_MS
from lab.telemetry.retention import Retention
from lab.telemetry.times import whole_ms
from lab.telemetry.writer import Batch, Writer

if TYPE_CHECKING:
    from lab.telemetry.store import Store

_TIDY_EVERY_S = 10.0


class Keeper:
    """Writes for one store. `sealed` is the number below which all blocks of series are in the file."""

    def __init__(self, db: sqlite3.Connection, store: "Store", sealed: int) -> None:
        self.error: str | None = None
        self.retention = Retention(db, store)
        self._db = db
        self._store = store
        self._sealed = sealed
        self._writer = Writer(db, store.span_streams, store.log_streams)

    def run(self) -> None:
        """Until the inbox is stopped and empty."""
        store, inbox = self._store, self._store.inbox
        tidied_s = store.clock.now()
        stopped = False
        while not stopped:
            batch, mark, stopped = inbox.take()
            self._write(batch)
            with store.lock:
                inbox.done(mark)
            now_s = store.clock.now()
            due = abs(now_s - tidied_s) >= _TIDY_EVERY_S
            tidied_s = now_s if due else tidied_s
            self._tidy(len(batch.spans) + len(batch.logs), complete=due, everything=stopped)
        self._db.close()

    def _write(self, batch: Batch) -> None:
        """Everything but the records that are none: those are found by halves, and dropped; stats() tells."""
        parts = [batch] if len(batch) else []
        errors: list[Exception] = []
        while parts:
            part = parts.pop()
            try:
                self._store_rows(part)
            except sqlite3.OperationalError as error:  # a full disk: no record's fault
                self._give_up(part, keep=True)
                errors.append(error)
            except Exception as error:  # whatever somebody sends, the thread lives on
                if len(part) > 1:
                    parts += reversed(part.halves())
                    continue
                self._give_up(part, keep=False)
                errors.append(error)
        if len(batch):
            with self._store.lock:
                self.error = (str(errors[0]) or type(errors[0]).__name__) if errors else None

    def _store_rows(self, part: Batch) -> None:
        store = self._store
        first_span, first_log = self._writer.next_span, self._writer.next_log
        self._writer.write(part)
        with store.lock:
            for number, (_, stream, end_us, _) in enumerate(part.spans, first_span):
                store.spans.add(number, stream.id, end_us // 1000)
            for number, (_, log_stream, time_us) in enumerate(part.logs, first_log):
                store.logs.add(number, log_stream.id, time_us // 1000)

    def _give_up(self, part: Batch, *, keep: bool) -> None:
        """The records are lost, the lab goes on. Names and pins are said only once, so they wait for the next batch."""
        inbox = self._store.inbox
        with self._store.lock:
            if keep:
                inbox.batch.gauge_names[:0] = part.gauge_names
                inbox.batch.pins[:0] = part.pins
            inbox.spans_shed += len(part.spans)
            inbox.logs_shed += len(part.logs)

    def _tidy(self, written: int, *, complete: bool, everything: bool) -> None:
        """Save blocks that are complete (or late, or at the end all), free their memory, evict what is too much."""
        store = self._store
        current = whole_ms(store.clock.now()) // BLOCK_MS
        with store.lock:
            sealed = max(self._sealed, current + 2 if everything else current - 1 if complete else 0)
            changed = store.series.take_changed(sealed)
            packed = [(series, number, block.pack()) for series, number, block in changed]
            known = list(store.series.all)
        try:
            if packed or sealed > self._sealed:
                self._writer.save_blocks(packed, known, sealed)
                self._sealed = sealed
            self.retention.enforce(written)
        except sqlite3.Error as error:
            with store.lock:
                self.error = f"{error}"
                store.series.changed.update((series.id, number) for series, number, _ in changed)
        with store.lock:
            store.series.forget(store.limits.points_in_memory)
