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
_STATUSES: dict[Status, dict[str, int]] = {"unset": {}, "ok": {"code": 1}, "error": {"code": 2}}
_SEVERITIES = {"DEBUG": 5, "INFO": 9, "WARN": 13, "ERROR": 17}
_MAX_POST = 2000
_RETRY_STATUSES = {429, 502, 503, 504}

Record = tuple[bytes, bytes]
"""The encoded resource and one encoded span or log record of it."""


def _value(value: Any) -> dict[str, Any]:
    if isinstance(value, str):
        return {"stringValue": value}
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(int(value))}
    if isinstance(value, float) and value - value == 0:
        return {"doubleValue": value}
    if isinstance(value, list | tuple):
        return {"arrayValue": {"values": [_value(inner) for inner in value]}}
    return {"stringValue": str(value)}


def _attributes(attributes: Mapping[str, Any]) -> list[dict[str, Any]]:
    """OTLP's list of key/value objects; a value of None is left out."""
    return [
        # most are text: spare them the call
        {"key": key, "value": {"stringValue": value} if type(value) is str else _value(value)}
        for key, value in attributes.items()
        if value is not None
    ]


def _encoded(record: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(record)
    except TypeError:  # lone surrogates: not UTF-8
        return orjson.dumps(_utf8(record))


def _utf8(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, dict):
        return {_utf8(key): _utf8(inner) for key, inner in value.items()}
    return [_utf8(inner) for inner in value] if isinstance(value, list) else value


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
    return _encoded(
        {
            "traceId": trace_id,
            "spanId": span_id,
            "parentSpanId": parent_id,
            "name": name,
            "kind": _KINDS[kind],
            "startTimeUnixNano": str(start_ns),
            "endTimeUnixNano": str(start_ns + int(duration_s * 1e9)),
            "attributes": _attributes(attributes),
            "status": _STATUSES[status],
        }
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
    return _encoded(
        {
            "timeUnixNano": str(int(time_s * 1e9)),
            "severityNumber": _SEVERITIES[severity],
            "severityText": severity,
            "body": {"stringValue": message},
            "attributes": _attributes(attributes),
            "traceId": trace_id,
            "spanId": span_id,
        }
    )


def encode_resource(attributes: Mapping[str, Any]) -> bytes:
    """The resource every record of a service belongs to."""
    return _encoded({"attributes": _attributes(attributes)})


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
            except ConnectionRefusedError:
                self._connection.close()
            except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
                self._connection.close()
                if not fresh:  # the receiver closed an idle connection: once more on a new one
                    continue
                return False
            except (OSError, http.client.HTTPException):  # a timeout among them: it may have been taken
                self._connection.close()
                return False
            if self._closing:
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
