"""Requests as the gateway recorded them, hand-made."""

import itertools
from typing import Any

from fakes_telemetry import T0

from lab.questions.steps.received import SHOP, Received

_ids = itertools.count(1)


def got(
    operation: str,
    status: int = 200,
    *,
    at: float = 0.0,
    ms: float = 10.0,
    path: str | None = None,
    sent: dict[str, str] | None = None,
    answer: dict[str, str] | None = None,
    **more: Any,
) -> Received:
    """A request received `at` seconds after T0; `operation` is `GET /api/v1/products`."""
    method, _, route = operation.partition(" ")
    return Received(
        to=more.pop("to", SHOP),
        method=method,
        route=route,
        path=path or route,
        status=status,
        start_s=T0 + at,
        end_s=T0 + at + ms / 1000,
        sent={name.lower(): value for name, value in (sent or {}).items()},
        answer={name.lower(): value for name, value in (answer or {}).items()},
        trace_id=f"{next(_ids):032x}",
        **more,
    )


def order(number: int, *, at: float = 0.0, key: str | None = None, replayed: bool = False) -> Received:
    """A checkout that made order `number`, or told of it again."""
    answer = {"Location": f"/api/v1/orders/{number}"} | ({"Idempotency-Replayed": "true"} if replayed else {})
    return got("POST /api/v1/orders", 201, at=at, sent={"Idempotency-Key": key} if key else {}, answer=answer)
