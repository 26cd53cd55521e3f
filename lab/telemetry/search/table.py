"""The two tables that are searched, and how a row becomes a record again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from lab.telemetry.index import RecordIndex
from lab.telemetry.language import Term
from lab.telemetry.matching import log_fits_term, span_fits
from lab.telemetry.model import Log, Span
from lab.telemetry.store import Store
from lab.telemetry.streams import LOG_FIELDS, SPAN_FIELDS, Streams


@dataclass(frozen=True, slots=True)
class Table:
    """One kind of record. `text_is_label`: the text that bare words look in belongs to the stream."""

    name: str
    columns: tuple[str, ...]
    label_fields: frozenset[str]
    text_is_label: bool
    streams: Streams[Any]
    index: RecordIndex
    record: Callable[[Sequence[Any]], Any]
    fits: Callable[[Any, Term], bool]


def logs_table(store: Store) -> Table:
    """The table of logs."""

    def record(row: Sequence[Any]) -> Log:
        number, time_us, stream, trace, span, message, attributes = row
        (service, version, severity, event), whole = streams.whole(streams.all[stream], orjson.loads(attributes))
        return Log(number, time_us / 1e6, service, version, severity, event, message, trace, span, whole)

    streams = store.log_streams
    columns = ("id", "time_us", "stream", "trace", "span", "message", "attributes")
    return Table("logs", columns, LOG_FIELDS, False, streams, store.logs, record, log_fits_term)


def spans_table(store: Store) -> Table:
    """The table of spans."""

    def record(row: Sequence[Any]) -> Span:
        _, end_us, duration_us, stream, trace, span, parent, attributes = row
        head, whole = streams.whole(streams.all[stream], orjson.loads(attributes))
        service, version, kind, name, status, _ = head
        start_s, duration_ms = (end_us - duration_us) / 1e6, duration_us / 1000
        return Span(trace, span, parent, service, version, name, kind, start_s, duration_ms, status, whole)

    streams = store.span_streams
    columns = ("id", "time_us", "duration_us", "stream", "trace", "span", "parent", "attributes")
    return Table("spans", columns, SPAN_FIELDS, True, streams, store.spans, record, span_fits)
