"""Log events: `log.info("order.placed", "Order o-17 placed", {"order.id": "o-17"})`.

An event is named in the past tense and carries the current trace by itself. Outside a request (a worker) wrap
the work in `span(...)`, or log through `service.telemetry.log`.
"""

from collections.abc import Mapping
from typing import Any

from services.chassis.otlp import Severity
from services.chassis.telemetry import current_trace


def _log(severity: Severity, event: str, message: str, attributes: Mapping[str, Any] | None) -> None:
    trace = current_trace.get()
    if trace is not None:
        trace.telemetry.log(event, message, attributes or {}, severity, trace.trace_id, trace.span_id)


def info(event: str, message: str, attributes: Mapping[str, Any] | None = None) -> None:
    """Something that happens in a healthy service."""
    _log("INFO", event, message, attributes)


def warn(event: str, message: str, attributes: Mapping[str, Any] | None = None) -> None:
    """Something that a person should look at if it keeps happening."""
    _log("WARN", event, message, attributes)


def error(event: str, message: str, attributes: Mapping[str, Any] | None = None) -> None:
    """A request or a piece of work failed because of us."""
    _log("ERROR", event, message, attributes)
