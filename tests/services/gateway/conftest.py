"""One gateway in front of one order system, its telemetry in a receiver; settings go back after every test."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

KEYS = [
    {
        "key": "key-of-the-shop",
        "name": "shop",
        "role": "storefront",
        "scopes": ["catalog:read", "orders:read", "orders:write"],
    },
    {"key": "key-of-support", "name": "support", "role": "support", "scopes": ["orders:read", "refunds:write"]},
    {
        "key": "key-of-a-builder",
        "name": "builder",
        "role": "developer",
        "scopes": ["catalog:read", "orders:write"],
        "keeps_headers": True,
    },
    {
        "key": "key-with-a-rate",
        "name": "slow",
        "role": "storefront",
        "scopes": ["catalog:read"],
        "rate_rps": 2,
        "burst": 4,
    },
]
SHOP = {"X-API-Key": "key-of-the-shop"}
CALM = {"default_rate_rps": 5000, "default_burst": 5000, "backoff_ms": 1, "breaker_enabled": False}


@pytest.fixture(scope="module")
def running(start: Any, orders: Any, sink: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The gateway's process."""
    keys = Path(tmp_path_factory.mktemp("keys")) / "keys.json"
    keys.write_text(json.dumps(KEYS))
    return start("gateway", ORDERS_URL=orders.url, API_KEYS_FILE=str(keys), OTEL_EXPORTER_OTLP_ENDPOINT=sink.url)


@pytest.fixture
def gateway(running: Any, orders: Any) -> Iterator[Any]:
    """The gateway with roomy limits and quick retries, in front of an order system in good health."""
    admin = {"Authorization": f"Bearer {running.token}"}
    before = running.client.get("/internal/settings", headers=admin).json()["settings"]
    running.patch(**CALM)
    running.client.get("/api/v1/products", headers=SHOP)  # a breaker that an earlier test left open closes
    orders.always(200, b'{"ok":true}')
    yield running
    running.patch(**before)


@pytest.fixture
def get(gateway: Any) -> Callable[..., Any]:
    """GET below /api/v1 with the shop's key."""

    def call(path: str = "/products", **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return gateway.client.get(f"/api/v1{path}", headers=SHOP | named)

    return call


@pytest.fixture
def place(gateway: Any) -> Callable[..., Any]:
    """POST an order with the shop's key."""

    def call(body: Any = None, **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return gateway.client.post("/api/v1/orders", json=body or {"items": []}, headers=SHOP | named)

    return call


@pytest.fixture
def trace_of(sink: Any, eventually: Any) -> Callable[..., Any]:
    """All spans of an answer's trace, once its server span has arrived."""

    def wait(answer: Any) -> list[dict[str, Any]]:
        trace_id = answer.headers["traceresponse"].split("-")[1]
        eventually(lambda: any(span["kind"] == "server" for span in sink.trace(trace_id)))
        spans: list[dict[str, Any]] = sink.trace(trace_id)
        return sorted(spans, key=lambda span: span["start_ns"])

    return wait
