"""The parts of OTLP as records: what JSON and protobuf have in common."""

import time
from typing import Any

from lab.telemetry.model import SAME_SEVERITY, Log, Span

LONGEST_TEXT = 8192
MOST_ATTRIBUTES = 128
_LATEST_NS = 1 << 63
_KINDS = ("internal", "internal", "server", "client", "producer", "consumer")
_STATUSES = ("unset", "ok", "error")
_SEVERITIES = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")


def cut(text: str) -> str:
    """A text of bearable length."""
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"


def make_span(
    resource: dict[str, Any],
    ids: tuple[str, str, str],
    name: str,
    kind: int,
    nanos: tuple[int, int],
    status: int,
    attributes: dict[str, Any],
) -> Span | None:
    """A span; None when it has no id or no time, as the specification tells receivers to drop such."""
    trace_id, span_id, parent_id = ids
    start_ns, end_ns = nanos
    if not trace_id.strip("0") or not span_id.strip("0") or not 0 < start_ns < _LATEST_NS:
        return None
    start_us = start_ns // 1000
    duration_us = max(0, min(end_ns, _LATEST_NS) // 1000 - start_us)
    return Span(
        trace_id=trace_id.lower(),
        span_id=span_id.lower(),
        parent_id=parent_id.lower() if parent_id.strip("0") else None,
        service=service_of(resource),
        version=version_of(resource),
        name=cut(name),
        kind=_KINDS[kind] if 0 <= kind < len(_KINDS) else "internal",
        start_s=start_us / 1e6,
        duration_ms=duration_us / 1000,
        status=_STATUSES[status] if 0 <= status < len(_STATUSES) else "unset",
        attributes=attributes,
    )


def make_log(
    resource: dict[str, Any],
    nanos: int,
    severity: tuple[str, int],
    event: str,
    body: Any,
    ids: tuple[str, str],
    attributes: dict[str, Any],
) -> Log:
    """A log; without a time it happened now."""
    trace_id, span_id = ids
    named = attributes.pop("event.name", None)
    return Log(
        id=0,
        time_s=nanos // 1000 / 1e6 if 0 < nanos < _LATEST_NS else time.time(),
        service=service_of(resource),
        version=version_of(resource),
        severity=severity_of(*severity),
        event=event or (str(named) if named is not None else None),
        message=cut(body if isinstance(body, str) else "" if body is None else str(body)),
        trace_id=trace_id.lower() if trace_id.strip("0") else None,
        span_id=span_id.lower() if span_id.strip("0") else None,
        attributes=attributes,
    )


def service_of(resource: dict[str, Any]) -> str:
    """`service.name`, or what the specification says when it is missing."""
    return str(resource.get("service.name") or "unknown_service")


def version_of(resource: dict[str, Any]) -> str:
    """`service.version`, or nothing."""
    return str(resource.get("service.version") or "")


def severity_of(text: str, number: int) -> str:
    """TRACE, DEBUG, INFO, WARN, ERROR or FATAL; a text of the sender's own stays."""
    upper = text.strip().upper()
    if upper:
        return SAME_SEVERITY.get(upper, upper)
    return _SEVERITIES[min(number - 1, 23) // 4] if number > 0 else "INFO"
