"""OTLP/HTTP JSON: encoding one record, and sending batches of them (opentelemetry.io/docs/specs/otlp)."""

import http.client
import time
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import urlsplit

import orjson

from services.chassis.drain import Drain

SpanKind = Literal["internal", "server", "client", "producer", "consumer"]
Status = Literal["unset", "ok", "error"]
Severity = Literal["DEBUG", "INFO", "WARN", "ERROR"]

_KINDS = {"internal": 1, "server": 2, "client": 3, "producer": 4, "consumer": 5}
_STATUSES = {"unset": b"{}", "ok": b'{"code":1}', "error": b'{"code":2}'}
_SEVERITIES = {"DEBUG": 5, "INFO": 9, "WARN": 13, "ERROR": 17}
_MAX_POST = 2000
_RETRY_STATUSES = {429, 502, 503, 504}
_dumps = orjson.dumps
_prefixes: dict[str, bytes] = {}

Record = tuple[bytes, bytes]
"""The encoded resource and one encoded span or log record of it."""


def _text(value: Any) -> bytes:
    try:
        return _dumps(value)
    except TypeError:  # lone surrogates: not UTF-8
        return _dumps(value.encode("utf-8", "replace").decode("utf-8"))


def _value(value: Any) -> bytes:
    if isinstance(value, str):
        return b'{"stringValue":' + _text(value) + b"}"
    if value is True or value is False:
        return b'{"boolValue":true}' if value else b'{"boolValue":false}'
    if isinstance(value, int):
        return b'{"intValue":"%d"}' % value
    if isinstance(value, float) and value - value == 0:
        return b'{"doubleValue":' + _dumps(value) + b"}"
    if isinstance(value, list | tuple):
        return b'{"arrayValue":{"values":[' + b",".join(map(_value, value)) + b"]}}"
    return b'{"stringValue":' + _text(str(value)) + b"}"


def encode_attributes(attributes: Mapping[str, Any]) -> bytes:
    """The JSON array of key/value objects; a value of None is left out."""
    parts = []
    for key, value in attributes.items():
        if value is None:
            continue
        prefix = _prefixes.get(key)
        if prefix is None:
            prefix = b'{"key":' + _dumps(key) + b',"value":'
            if len(_prefixes) < 1000:
                _prefixes[key] = prefix
        if type(value) is str:  # most are: spare them the call
            parts.append(prefix + b'{"stringValue":' + _text(value) + b"}}")
        else:
            parts.append(prefix + _value(value) + b"}")
    return b"[" + b",".join(parts) + b"]"


def encode_span(
    trace_id: str,
    span_id: str,
    parent_id: str,
    name: str,
    kind: SpanKind,
    start_s: float,
    duration_s: float,
    attributes: Mapping[str, Any],
    status: Status,
) -> bytes:
    """One span; times are unix seconds and seconds."""
    start_ns = int(start_s * 1e9)
    return (
        b'{"traceId":"%b","spanId":"%b","parentSpanId":"%b","name":%b,"kind":%d,"startTimeUnixNano":"%d",'
        b'"endTimeUnixNano":"%d","attributes":%b,"status":%b}'
    ) % (
        trace_id.encode(),
        span_id.encode(),
        parent_id.encode(),
        _text(name),
        _KINDS[kind],
        start_ns,
        start_ns + int(duration_s * 1e9),
        encode_attributes(attributes),
        _STATUSES[status],
    )


def encode_log(
    time_s: float,
    severity: Severity,
    message: str,
    attributes: Mapping[str, Any],
    trace_id: str,
    span_id: str,
) -> bytes:
    """One log record."""
    return (
        b'{"timeUnixNano":"%d","severityNumber":%d,"severityText":"%b","body":{"stringValue":%b},'
        b'"attributes":%b,"traceId":"%b","spanId":"%b"}'
    ) % (
        int(time_s * 1e9),
        _SEVERITIES[severity],
        severity.encode(),
        _text(message),
        encode_attributes(attributes),
        trace_id.encode(),
        span_id.encode(),
    )


def encode_resource(attributes: Mapping[str, Any]) -> bytes:
    """The resource every record of a service belongs to."""
    return b'{"attributes":' + encode_attributes(attributes) + b"}"


class Exporter:
    """Sends spans and logs to an OTLP/HTTP receiver from one thread, batched, over one kept connection.

    A batch is tried again only if the receiver surely has not taken it; otherwise it is dropped and counted,
    for a record sent twice would be counted twice.
    """

    def __init__(self, endpoint: str, *, timeout_s: float = 1.0, limit: int = 8192, every_s: float = 0.2) -> None:
        url = urlsplit(endpoint)
        if url.scheme not in {"http", "https"} or not url.hostname:
            raise ValueError(f"OTEL_EXPORTER_OTLP_ENDPOINT is not an http address: {endpoint!r}")
        maker = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
        self._connection = maker(url.hostname, url.port, timeout=timeout_s)
        self._prefix = url.path.rstrip("/")
        self._lost = 0
        self._closing = False
        self._drain: Drain[tuple[str, Record]] = Drain(
            "telemetry", self._send, limit=limit, every_s=every_s, end=self._connection.close
        )

    @property
    def dropped(self) -> int:
        """Records that never reached the receiver."""
        return self._drain.dropped + self._lost

    def span(self, record: Record) -> None:
        """Queue an encoded span."""
        self._drain.put(("traces", record))

    def log(self, record: Record) -> None:
        """Queue an encoded log record."""
        self._drain.put(("logs", record))

    def close(self, timeout_s: float = 1.0) -> None:
        """Send what waits, for at most `timeout_s`, then give up."""
        self._closing = True
        self._drain.close(timeout_s)

    def _send(self, batch: list[tuple[str, Record]]) -> None:
        for signal in ("traces", "logs"):
            records = [record for name, record in batch if name == signal]
            for start in range(0, len(records), _MAX_POST):
                part = records[start : start + _MAX_POST]
                if not self._post(signal, encode_batch(signal, part)):
                    self._lost += len(part)

    def _post(self, signal: str, body: bytes) -> bool:
        """Whether the receiver took the batch; waits and tries again while it is not there."""
        pause_s = 0.25
        while True:
            fresh = self._connection.sock is None
            try:
                if fresh:
                    self._connection.connect()
                self._connection.request(
                    "POST", f"{self._prefix}/v1/{signal}", body, {"Content-Type": "application/json"}
                )
                response = self._connection.getresponse()
                response.read()
                if response.status not in _RETRY_STATUSES:
                    return response.status < 300
                again = True
            except ConnectionRefusedError:
                self._connection.close()
                again = True
            except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
                self._connection.close()
                if not fresh:  # the receiver closed an idle connection: once more on a new one
                    continue
                return False
            except (OSError, http.client.HTTPException):  # a timeout among them: it may have been taken
                self._connection.close()
                return False
            if not again or self._closing:
                return False
            time.sleep(pause_s)
            pause_s = min(2.0, pause_s * 2)


def encode_batch(signal: str, records: list[Record]) -> bytes:
    """The request body of one POST; neighbours of one resource share it."""
    outer, middle, inner = (
        (b"resourceSpans", b"scopeSpans", b"spans")
        if signal == "traces"
        else (b"resourceLogs", b"scopeLogs", b"logRecords")
    )
    groups: list[tuple[bytes, list[bytes]]] = []
    for resource, record in records:
        if not groups or groups[-1][0] != resource:
            groups.append((resource, []))
        groups[-1][1].append(record)
    blocks = [
        b'{"resource":%b,"%b":[{"scope":{"name":"beanline"},"%b":[%b]}]}'
        % (resource, middle, inner, b",".join(members))
        for resource, members in groups
    ]
    return b'{"%b":[%b]}' % (outer, b",".join(blocks))
