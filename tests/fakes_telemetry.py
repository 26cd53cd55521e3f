"""Hand-made telemetry that tests share: spans and logs as Beanline's services send them."""

import itertools
from typing import Any

from lab.telemetry import Log, Span

T0 = 1_700_000_000.0
_ids = itertools.count(1)


def trace_id(number: int) -> str:
    """A trace id that ends in the number."""
    return f"{number:032x}"


def span(
    name: str = "POST /orders",
    *,
    trace: str | None = None,
    span_id: str | None = None,
    parent: str | None = None,
    service: str = "orders",
    kind: str = "server",
    at: float = 0.0,
    ms: float = 10.0,
    status: str = "ok",
    version: str = "2.4.1",
    **attributes: Any,
) -> Span:
    """A span that starts `at` seconds after T0; attribute names are written with `__` for a dot."""
    number = next(_ids)
    return Span(
        trace_id=trace or trace_id(number),
        span_id=span_id or f"{number:016x}",
        parent_id=parent,
        service=service,
        version=version,
        name=name,
        kind=kind,
        start_s=T0 + at,
        duration_ms=ms,
        status=status,
        attributes=_dotted(attributes),
    )


def request(
    status: int | None = 200,
    *,
    service: str = "orders",
    method: str = "POST",
    route: str = "/orders",
    error: str | None = None,
    **more: Any,
) -> Span:
    """A SERVER span of an HTTP request."""
    attributes: dict[str, Any] = {"http__request__method": method, "http__route": route}
    if status is not None:
        attributes["http__response__status_code"] = status
    if error is not None:
        attributes["error__type"] = error
    failed = error is not None or (status or 0) >= 500
    return span(
        f"{method} {route}", service=service, kind="server", status="error" if failed else "ok", **attributes, **more
    )


def call(
    status: int | None = 200,
    *,
    service: str = "gateway",
    peer: str = "orders",
    method: str = "POST",
    template: str = "/orders",
    error: str | None = None,
    resend: int = 0,
    **more: Any,
) -> Span:
    """A CLIENT span of an HTTP request."""
    attributes: dict[str, Any] = {
        "http__request__method": method,
        "url__template": template,
        "peer__service": peer,
    }
    if status is not None:
        attributes["http__response__status_code"] = status
    if error is not None:
        attributes["error__type"] = error
    if resend:
        attributes["http__request__resend_count"] = resend
    failed = error is not None or (status or 0) >= 400
    return span(
        f"{method} {template}", service=service, kind="client", status="error" if failed else "ok", **attributes, **more
    )


def checkout(status: int = 201, *, customer: str | None = "c-1", **more: Any) -> Span:
    """The gateway's span of an order."""
    known = {} if customer is None else {"enduser__id": customer}
    return request(status, service="gateway", route="/api/v1/orders", **known, **more)


def statement(text: str, *, service: str = "orders", name: str = "SELECT orders", **more: Any) -> Span:
    """A database span."""
    return span(
        name,
        service=service,
        kind="client",
        peer__service="database",
        db__system__name="sqlite",
        db__query__text=text,
        **more,
    )


def log(
    message: str = "POST /orders 201 in 12 ms",
    *,
    at: float = 0.0,
    service: str = "orders",
    severity: str = "INFO",
    event: str | None = "request",
    trace: str | None = None,
    version: str = "2.4.1",
    **attributes: Any,
) -> Log:
    """A log record `at` seconds after T0."""
    return Log(0, T0 + at, service, version, severity, event, message, trace, None, _dotted(attributes))


def order_event(
    what: str, order: str, *, at: float = 0.0, customer: str = "u-1", cents: int = 1000, **more: Any
) -> Log:
    """`order.placed`, `order.paid` or `order.payment_failed` of the orders service."""
    placed = more.pop("placed", at)
    if what == "paid":
        more.setdefault("paid_after_ms", (at - placed) * 1000)
    return log(
        f"Order {order} {what}",
        at=at,
        event=f"order.{'payment_failed' if what == 'failed' else what}",
        order__id=order,
        order__total_cents=cents,
        customer__id=customer,
        order__placed_at=T0 + placed,
        **more,
    )


def _dotted(attributes: dict[str, Any]) -> dict[str, Any]:
    return {name.replace("__", "."): value for name, value in attributes.items()}
