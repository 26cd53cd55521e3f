"""Streams: what records of one sort have in common, stored once.

A record is split into its labels (few different values: service, route, status …) and the rest. All records with equal
labels form a stream; a stored record names its stream, so rows stay small, and a search on labels is answered by
looking at some hundred streams instead of a million records.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import orjson

from lab.telemetry.language import fold_level
from lab.telemetry.model import Log, Span
from lab.telemetry.plain import dumps
from lab.telemetry.statements import normalise
from lab.telemetry.words import as_text, label_tokens

_HTTP = ("http.request.method", "http.route", "http.response.status_code", "error.type", "peer.service")
LOG_LABELS = (*_HTTP, "client.key", "reason")
SPAN_LABELS = (
    *_HTTP,
    "client.key",
    "url.template",
    "http.request.resend_count",
    "server.address",
    "server.port",
    "db.system.name",
    "db.operation.name",
    "db.collection.name",
)
# Fields of the search language that labels alone decide.
_SHARED = {"service", "version", "status", "route", "http.response.status_code"}
LOG_FIELDS = frozenset({*LOG_LABELS, *_SHARED, "level", "event"})
SPAN_FIELDS = frozenset({*SPAN_LABELS, *_SHARED, "kind", "message", "root", "sql"})
# Labels that are also tokens of the full-text index, for searches that mix labels with words.
_INDEXED_ATTRIBUTES = ("http.request.method", "http.response.status_code", "peer.service")
INDEXED = frozenset({*_INDEXED_ATTRIBUTES, "service", "level", "event", "kind"})
MOST_STREAMS = 4000

Key = tuple[Any, ...]
R = TypeVar("R", Log, Span)


@dataclass(slots=True, eq=False)
class Stream(Generic[R]):
    """One set of labels; `sample` is a record of nothing else.

    The `open` stream takes in what comes when there are too many: its records keep all labels in their row.
    """

    id: int
    key: Key
    sample: R
    open: bool
    fields: tuple[tuple[str, str], ...] = ()
    shared: str = ""
    saved: bool = False


class Streams(Generic[R]):
    """All streams of one kind of record. Not thread-safe: the store's lock guards it."""

    def __init__(self, head: int, labels: tuple[str, ...], make: Callable[[Key, dict[str, Any]], R]) -> None:
        self.all: list[Stream[R]] = []
        self.open: Stream[R] | None = None
        self._head = head
        self._labels = labels
        self._make: Callable[[Key, dict[str, Any]], R] = make
        self._known: dict[Key, Stream[R]] = {}

    def of(self, head: Key, attributes: dict[str, Any]) -> Stream[R]:
        """The stream of a record with these identifying values and attributes, made when it is new."""
        look_up: Callable[[str], Any] = attributes.get
        key = (*head, *map(look_up, self._labels))
        try:
            stream = self._known.get(key)
        except TypeError:  # a list or mapping where a label should be: such a record keeps it in its row
            return self._overflow()
        if stream is not None:
            return stream
        return self._add(key) if len(self.all) < MOST_STREAMS else self._overflow()

    def row_attributes(self, stream: Stream[R], head: Key, attributes: dict[str, Any]) -> dict[str, Any]:
        """What a record's row must hold besides its stream."""
        if stream.open:
            return {"": head, **attributes}
        held = stream.sample.attributes
        return {name: value for name, value in attributes.items() if name not in held or held[name] != value}

    def whole(self, stream: Stream[R], row: dict[str, Any]) -> tuple[Key, dict[str, Any]]:
        """Identifying values and all attributes of a stored record."""
        if stream.open:
            return tuple(row.pop("")), row
        return stream.key[: self._head], {**stream.sample.attributes, **row}

    def record(self, stream: Stream[R], row: dict[str, Any]) -> R:
        """A stored record's identifying values and attributes as a record."""
        return self._make(*self.whole(stream, row))

    def shared(self, stream: Stream[R], head: Key) -> str:
        """The tokens of the full-text index that a record's stream gives it; the open one's depend on the record."""
        return shared_tokens(self._make(head, {})) if stream.open else stream.shared

    def restore(self, text: str) -> None:
        """A stream that was saved; they must come in the order of their ids."""
        open_, *key = orjson.loads(text)
        stream = self._overflow() if open_ else self._add(tuple(key))
        stream.saved = True

    def saved_form(self, stream: Stream[R]) -> str:
        """What `restore` reads."""
        return dumps([stream.open, *stream.key])

    def _overflow(self) -> Stream[R]:
        if self.open is None:
            empty = self._make(("",) * self._head, {})
            self.open = Stream(len(self.all), (), empty, open=True)
            self.all.append(self.open)
        return self.open

    def _add(self, key: Key) -> Stream[R]:
        pairs = zip(self._labels, key[self._head :], strict=True)
        sample = self._make(key[: self._head], {name: value for name, value in pairs if value is not None})
        fields, shared = tuple(indexed_fields(sample)), shared_tokens(sample)
        stream = Stream(len(self.all), key, sample, False, fields, shared)
        self.all.append(stream)
        self._known[key] = stream
        return stream


def indexed_fields(record: Log | Span) -> Iterator[tuple[str, str]]:
    """Names and texts of a record's labels that the full-text index knows."""
    yield "service", record.service
    if isinstance(record, Log):
        yield "level", fold_level(record.severity)
        if record.event:
            yield "event", record.event
    else:
        yield "kind", record.kind
    for name in _INDEXED_ATTRIBUTES:
        value = record.attributes.get(name)
        if value is not None:
            yield name, as_text(value)


def shared_tokens(record: Log | Span) -> str:
    """The tokens of a record's labels. A statement's words are left to the row, which may have it verbatim."""
    event = record.event if isinstance(record, Log) else None
    texts = [value for name, value in record.attributes.items() if isinstance(value, str) and name != "db.query.text"]
    return " ".join(sorted(label_tokens(indexed_fields(record), event, texts)))


def log_streams() -> Streams[Log]:
    """Streams of logs: service, version, severity, event, then the labels."""

    def make(head: Key, attributes: dict[str, Any]) -> Log:
        service, version, severity, event = head
        return Log(0, 0.0, service, version, severity, event, "", None, None, attributes)

    return Streams(4, LOG_LABELS, make)


def log_head(log: Log) -> Key:
    """A log's identifying values."""
    return log.service, log.version, log.severity, log.event


def span_streams() -> Streams[Span]:
    """Streams of spans: service, version, kind, name, status, normalised SQL statement, then the labels."""

    def make(head: Key, attributes: dict[str, Any]) -> Span:
        service, version, kind, name, status, statement = head
        if statement and "db.query.text" not in attributes:
            attributes["db.query.text"] = statement
        return Span("", "", None, service, version, name, kind, 0.0, 0.0, status, attributes)

    return Streams(6, SPAN_LABELS, make)


def span_head(span: Span) -> Key:
    """A span's identifying values."""
    return span.service, span.version, span.kind, span.name, span.status, statement_of(span.attributes)


def statement_of(attributes: dict[str, Any]) -> str:
    """The normalised SQL statement among a record's attributes; empty when there is none."""
    text = attributes.get("db.query.text")
    return normalise(text) if isinstance(text, str) else ""
