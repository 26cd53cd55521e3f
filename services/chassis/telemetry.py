"""Spans and logs of one service, and the trace that the current request belongs to (W3C Trace Context)."""

import random
import re
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson

from services.chassis.drain import Drain
from services.chassis.otlp import (
    Exporter,
    Severity,
    SpanKind,
    Status,
    encode_log,
    encode_resource,
    encode_span,
)

_TRACEPARENT = re.compile(r"^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")
_NO_TRACE, _NO_SPAN = "0" * 32, "0" * 16


def new_trace_id() -> str:
    """32 hex digits. The module's own generator is seeded anew after a fork: forked services share no ids."""
    return f"{random.getrandbits(128):032x}"


def new_span_id() -> str:
    """16 hex digits."""
    return f"{random.getrandbits(64):016x}"


def read_traceparent(header: str) -> tuple[str, str] | None:
    """Trace id and parent span id, or None when the header is not a valid `traceparent`."""
    match = _TRACEPARENT.match(header)
    if match is None or header.startswith("ff") or match[1] == _NO_TRACE or match[2] == _NO_SPAN:
        return None
    return match[1], match[2]


class Telemetry:
    """Where a service's spans and logs go: nowhere until `start`, then to OTLP and standard output."""

    def __init__(self, service: str, version: str) -> None:
        self.service = service
        self.version = version
        self._instance = ""
        self._resource = b""
        self._exporter: Exporter | None = None
        self._lines: Drain[bytes] | None = None

    def start(self, *, endpoint: str, log_stdout: bool, instance: str) -> None:
        """Open the way out; threads start here, never earlier."""
        self._instance = instance
        self.use_version(self.version)
        if endpoint:
            self._exporter = Exporter(endpoint)
        if log_stdout:
            self._lines = Drain("log lines", _write_lines)

    def close(self) -> None:
        """Flush, for at most a second each."""
        exporter, lines = self._exporter, self._lines
        self._exporter = self._lines = None
        if lines is not None:
            lines.close(0.5)
        if exporter is not None:
            exporter.close(1.0)

    def use_version(self, version: str) -> None:
        """Records from now on carry this `service.version`."""
        self.version = version
        self._resource = encode_resource(
            {
                "service.name": self.service,
                "service.version": version,
                "service.instance.id": self._instance,
            }
        )

    @property
    def tracing(self) -> bool:
        """Whether spans go anywhere."""
        return self._exporter is not None

    @property
    def listened_to(self) -> bool:
        """Whether anything goes anywhere."""
        return self._exporter is not None or self._lines is not None

    @property
    def dropped(self) -> int:
        """Records lost since the start."""
        lost = self._exporter.dropped if self._exporter else 0
        return lost + (self._lines.dropped if self._lines else 0)

    def span(
        self,
        trace_id: str,
        span_id: str,
        parent_id: str,
        name: str,
        kind: SpanKind,
        start_s: float,
        duration_s: float,
        attributes: Mapping[str, Any],
        status: Status,
    ) -> None:
        """Record a finished span."""
        if self._exporter is not None:
            self._exporter.span(
                (
                    self._resource,
                    encode_span(trace_id, span_id, parent_id, name, kind, start_s, duration_s, attributes, status),
                )
            )

    def log(
        self,
        event: str,
        message: str,
        attributes: Mapping[str, Any],
        severity: Severity,
        trace_id: str = "",
        span_id: str = "",
    ) -> None:
        """Record a log event."""
        now_s = time.time()
        attributes = {"event.name": event, **attributes}
        if self._exporter is not None:
            self._exporter.log((self._resource, encode_log(now_s, severity, message, attributes, trace_id, span_id)))
        if self._lines is not None:
            line = {
                "time": datetime.fromtimestamp(now_s, UTC),
                "level": severity,
                "service": self.service,
                "version": self.version,
                "message": message,
                "trace_id": trace_id,
                "span_id": span_id,
                **attributes,
            }
            self._lines.put(orjson.dumps(line, default=str, option=orjson.OPT_APPEND_NEWLINE))


def _write_lines(lines: list[bytes]) -> None:
    sys.stdout.buffer.write(b"".join(lines))
    sys.stdout.buffer.flush()


@dataclass(slots=True)
class Trace:
    """Where the current code stands; `notes` become attributes of the server span and the access line.

    `keeps_headers`: whether the span also gets the headers that the service keeps at all (`KeptHeaders`).
    """

    telemetry: Telemetry
    trace_id: str
    span_id: str
    request_id: str = ""
    notes: dict[str, Any] = field(default_factory=dict)
    keeps_headers: bool = True

    def traceparent(self, span_id: str | None = None) -> str:
        """The header that lets the callee continue this trace."""
        return f"00-{self.trace_id}-{span_id or self.span_id}-01"


current_trace: ContextVar[Trace | None] = ContextVar("current_trace", default=None)


def traceparent() -> str:
    """The current `traceparent`, to store beside work that is done later; empty outside a trace."""
    trace = current_trace.get()
    return trace.traceparent() if trace else ""


def note(name: str, value: Any) -> None:
    """Add an attribute to the current request's server span and access log line."""
    trace = current_trace.get()
    if trace is not None:
        trace.notes[name] = value


def record_span(
    name: str,
    kind: SpanKind,
    start_s: float,
    duration_s: float,
    attributes: Mapping[str, Any] | None = None,
    status: Status = "unset",
) -> None:
    """Record a finished span below the current one; outside a trace it does nothing.

    `start_s` is unix seconds (`time.time()` before), `duration_s` seconds (of `time.perf_counter()`).
    """
    trace = current_trace.get()
    if trace is not None:
        trace.telemetry.span(
            trace.trace_id,
            new_span_id(),
            trace.span_id,
            name,
            kind,
            start_s,
            duration_s,
            attributes or {},
            status,
        )


@contextmanager
def span(
    telemetry: Telemetry,
    name: str,
    kind: SpanKind = "internal",
    attributes: dict[str, Any] | None = None,
    *,
    parent: str | None = None,
) -> Iterator[Trace]:
    """A span around a block, current inside it; an exception makes it an error.

    Below the current span, or below `parent` (a stored `traceparent`), or the root of a new trace.
    """
    outer = current_trace.get()
    parsed = read_traceparent(parent) if parent else None
    if parsed is not None:
        trace_id, parent_id = parsed
    elif outer is not None:
        trace_id, parent_id = outer.trace_id, outer.span_id
    else:
        trace_id, parent_id = new_trace_id(), ""
    trace = Trace(telemetry, trace_id, new_span_id(), outer.request_id if outer else "")
    token = current_trace.set(trace)
    start_s, before = time.time(), time.perf_counter()
    status: Status = "unset"
    failure: dict[str, Any] = {}
    try:
        yield trace
    except Exception as error:
        status, failure = "error", {"error.type": type(error).__name__}
        raise
    finally:
        current_trace.reset(token)
        telemetry.span(
            trace_id,
            trace.span_id,
            parent_id,
            name,
            kind,
            start_s,
            time.perf_counter() - before,
            {**(attributes or {}), **trace.notes, **failure},
            status,
        )
