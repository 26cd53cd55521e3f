"""One batch of records into the file, in one transaction."""

import sqlite3
from dataclasses import dataclass, field, fields
from typing import Any

import orjson

from lab.telemetry import business
from lab.telemetry.business import Row
from lab.telemetry.database import transaction
from lab.telemetry.model import Log, Span
from lab.telemetry.plain import clean, dumps
from lab.telemetry.series import Series
from lab.telemetry.streams import Stream, Streams, log_head, span_head
from lab.telemetry.words import document, field_token

SpanItem = tuple[Span, Stream[Span], int, int]  # …, end and duration in µs
Packed = tuple[bytes, bytes, bytes]
LogItem = tuple[Log, Stream[Log], int]  # …, time in µs


@dataclass(slots=True)
class Batch:
    """What waits to be written."""

    spans: list[SpanItem] = field(default_factory=list)
    logs: list[LogItem] = field(default_factory=list)
    gauges: list[Row] = field(default_factory=list)
    gauge_names: list[Row] = field(default_factory=list)
    checkouts: list[Row] = field(default_factory=list)
    events: list[Row] = field(default_factory=list)
    pins: list[Row] = field(default_factory=list)

    def __len__(self) -> int:
        queues = (self.spans, self.logs, self.gauges, self.gauge_names, self.checkouts, self.events, self.pins)
        return sum(len(queue) for queue in queues)

    def halves(self) -> tuple["Batch", "Batch"]:
        """Two that hold the same, in the same order; one kind of rows is told from the others before it is cut."""
        first, rest = Batch(), Batch()
        held = [one.name for one in fields(self) if getattr(self, one.name)]
        for number, name in enumerate(held):
            rows = getattr(self, name)
            cut = len(rows) // 2 if len(held) == 1 else len(rows) * (number == 0)
            setattr(first, name, rows[:cut])
            setattr(rest, name, rows[cut:])
        return first, rest


class Writer:
    """Turns batches into rows. Used by one thread only."""

    def __init__(self, db: sqlite3.Connection, spans: Streams[Span], logs: Streams[Log]) -> None:
        self.db = db
        self.spans = spans
        self.logs = logs
        self.next_span = self._next_id("spans")
        self.next_log = self._next_id("logs")

    def write(self, batch: Batch) -> None:
        """Everything of the batch, or nothing (sqlite3.Error)."""
        db = self.db
        with transaction(db):
            self._write_spans(batch.spans)
            self._write_logs(batch.logs)
            new = [*self._save_streams("span", self.spans), *self._save_streams("log", self.logs)]
            if batch.gauge_names:
                db.executemany("INSERT OR REPLACE INTO gauge_names VALUES(?,?,?)", batch.gauge_names)
            if batch.gauges:
                db.executemany("INSERT OR REPLACE INTO gauges VALUES(?,?,?)", batch.gauges)
            if batch.checkouts or batch.events:
                business.write(db, batch.checkouts, batch.events)
            if batch.pins:
                db.executemany("INSERT OR IGNORE INTO pins VALUES(?,?,?)", batch.pins)
        for stream in new:
            stream.saved = True
        self.next_span += len(batch.spans)
        self.next_log += len(batch.logs)

    def save_blocks(self, blocks: list[tuple[Series, int, Packed]], series: list[Series], sealed: int) -> None:
        """Packed blocks, the series they belong to, and the number below which all blocks are in the file now."""
        db = self.db
        new = [one for one in series if one.saved_outcomes != len(one.outcomes)]
        sizes = [len(one.outcomes) for one in new]
        with transaction(db):
            for one in new:
                key = dumps([one.key.service, one.key.peer, one.key.route, one.key.statement])
                outcomes = dumps([[outcome.status, outcome.error, outcome.retry] for outcome in one.outcomes])
                db.execute("INSERT OR REPLACE INTO series VALUES(?,?,?)", (one.id, key, outcomes))
            for one, number, packed in blocks:
                db.execute("INSERT OR REPLACE INTO blocks VALUES(?,?,?,?,?)", (one.id, number, *packed))
            db.execute("INSERT OR REPLACE INTO meta VALUES('sealed', ?)", (sealed,))
        for one, size in zip(new, sizes, strict=True):
            one.saved_outcomes = size

    def _next_id(self, table: str) -> int:
        (highest,) = self.db.execute(f"SELECT max(id) FROM {table}").fetchone()  # noqa: S608 - a constant name
        return (highest or 0) + 1

    def _write_spans(self, items: list[SpanItem]) -> None:
        if not items:
            return
        rows, documents = [], []
        for number, (span, stream, end_us, duration_us) in enumerate(items, self.next_span):
            attributes = dumps(self.spans.row_attributes(stream, span_head(span), span.attributes))
            rows.append(
                (
                    number,
                    end_us,
                    duration_us,
                    stream.id,
                    clean(span.trace_id),
                    clean(span.span_id),
                    clean(span.parent_id),
                    attributes,
                )
            )
            documents.append((number, span_document(self.spans, stream, duration_us, attributes)))
        self.db.executemany("INSERT INTO spans VALUES(?,?,?,?,?,?,?,?)", rows)
        self.db.executemany("INSERT INTO spans_text(rowid, tokens) VALUES(?,?)", documents)

    def _write_logs(self, items: list[LogItem]) -> None:
        if not items:
            return
        rows, documents = [], []
        for number, (log, stream, time_us) in enumerate(items, self.next_log):
            attributes = dumps(self.logs.row_attributes(stream, log_head(log), log.attributes))
            message, trace = clean(log.message) or "", clean(log.trace_id)
            rows.append((number, time_us, stream.id, trace, clean(log.span_id), message, attributes))
            documents.append((number, log_document(self.logs, stream, message, trace, attributes)))
        self.db.executemany("INSERT INTO logs VALUES(?,?,?,?,?,?,?)", rows)
        self.db.executemany("INSERT INTO logs_text(rowid, tokens) VALUES(?,?)", documents)

    def _save_streams(self, record: str, streams: Streams[Any]) -> list[Stream[Any]]:
        new = [stream for stream in streams.all if not stream.saved]
        rows = [(record, stream.id, streams.saved_form(stream)) for stream in new]
        self.db.executemany("INSERT OR REPLACE INTO streams VALUES(?,?,?)", rows)
        return new


def log_document(streams: Streams[Log], stream: Stream[Log], message: str, trace: str | None, attributes: str) -> str:
    """The search document of a stored log."""
    row = orjson.loads(attributes)
    shared = streams.shared(stream, tuple(row.pop("", ())))
    if trace:
        shared = f"{shared} {field_token('trace', trace)}"
    return document(shared, message, row)


def span_document(streams: Streams[Span], stream: Stream[Span], duration_us: int, attributes: str) -> str:
    """The search document of a stored span."""
    row = orjson.loads(attributes)
    head = tuple(row.pop("", ())) or stream.key[:6]
    row["duration_ms"] = duration_us / 1000
    if head[5]:
        row.setdefault("db.query.text", head[5])
    return document(streams.shared(stream, head), head[3], row)
