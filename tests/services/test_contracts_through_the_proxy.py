"""What the gateway and the partner document is what they do, every HTTP call passing the edge proxy without a rule.

Requests are made from the OpenAPI documents: good ones, odd ones and wrong ones, the same each time.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from proxy_process import ProxyProcess
from schemathesis.checks import not_a_server_error
from schemathesis.schemas import APIOperation, BaseSchema
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from services.gateway.app import create as create_gateway
from services.partner.app import create as create_partner

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
KEYS = [
    {
        "key": "key-of-everything",
        "name": "everything",
        "role": "support",
        "scopes": ["catalog:read", "orders:read", "orders:write", "refunds:write"],
        "rate_rps": 100_000,
        "burst": 100_000,
    }
]
GATEWAY_KEY = {"X-API-Key": "key-of-everything"}
PARTNER_KEY = {"Authorization": "Bearer pk_test_beanline"}
OF_THE_MOMENT = ("Idempotency-Key", "If-None-Match")
"""Headers that mean something else when they are sent again."""
ROOMY = {"quota_rps": 1_000_000, "latency_median_ms": 0, "latency_p99_ms": 0}
gateway_schema = schemathesis.openapi.from_dict(create_gateway().openapi())
partner_schema = schemathesis.openapi.from_dict(create_partner().openapi())
few = settings(
    max_examples=8,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@dataclass
class Shop:
    """Where gateway and partner are reached, through the proxy."""

    gateway: str
    partner: str


@pytest.fixture(scope="module")
def shop(start: Any, free_port: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("shop")
    (folder / "keys.json").write_text(json.dumps(KEYS))
    partner, orders_port, gateway_port = start("partner"), free_port(), free_port()
    partner.patch(**ROOMY)
    port = int(partner.url.rpartition(":")[2])
    proxy = ProxyProcess(
        {
            "customer->gateway": gateway_port,
            "gateway->orders": orders_port,
            "orders->partner": port,
            "customer->partner": port,
        }
    )
    via = {edge: f"http://127.0.0.1:{port}" for edge, port in proxy.listens.items()}
    start(
        "orders",
        PORT=str(orders_port),
        PARTNER_URL=via["orders->partner"],
        DATABASE_URL=f"sqlite+aiosqlite:///{folder / 'shop.db'}",
    )
    start("gateway", PORT=str(gateway_port), ORDERS_URL=via["gateway->orders"], API_KEYS_FILE=str(folder / "keys.json"))
    yield Shop(via["customer->gateway"], via["customer->partner"])
    stats = proxy.control("GET", "/stats")
    proxy.close()
    # not only refusals: things were looked up, bought and paid
    for edge in ("customer->gateway", "customer->partner"):
        assert {"200", "201"} <= stats[edge]["answers"].keys(), edge
    assert stats["orders->partner"]["answers"]["201"] > 0
    assert all(edge["unreachable"] == edge["left"] == 0 for edge in stats.values())


def operations(schema: BaseSchema) -> list[Any]:
    found = (result.ok() for result in schema.get_all_operations())
    return [pytest.param(one, id=one.label) for one in found]


def agrees(operation: APIOperation, base_url: str, headers: dict[str, str]) -> None:
    """Requests of every sort are answered as the document says."""

    @few
    @given(case=operation.as_strategy())
    def ask(case: schemathesis.Case) -> None:
        case.call_and_validate(base_url=base_url, headers=headers, checks=CHECKS)

    ask()


def example(operation: APIOperation, base_url: str, headers: dict[str, str]) -> httpx.Response:
    """What the document shows, sent as it stands there."""
    told = operation.definition.raw
    given: dict[str, dict[str, str]] = {"path": {}, "query": {}, "header": dict(headers)}
    for one in told.get("parameters", ()):
        shown = one.get("example") or one["schema"].get("examples", [None])[0]
        if shown is not None and one["name"] not in OF_THE_MOMENT:
            given[one["in"]][one["name"]] = str(shown)
    content = told.get("requestBody", {}).get("content", {}).get("application/json", {})
    body = next((one["value"] for one in content.get("examples", {}).values()), None)
    url = base_url + operation.path.format(**given["path"])
    headers = given["header"]
    return httpx.request(operation.method.upper(), url, params=given["query"], headers=headers, json=body, timeout=20)


@pytest.mark.parametrize("operation", operations(gateway_schema))
def test_the_gateway_answers_as_documented(operation: Any, shop: Shop) -> None:
    agrees(operation, shop.gateway, GATEWAY_KEY)


@pytest.mark.parametrize("operation", operations(partner_schema))
def test_the_partner_answers_as_documented(operation: Any, shop: Shop) -> None:
    agrees(operation, shop.partner, PARTNER_KEY)


@pytest.mark.parametrize("operation", operations(gateway_schema))
def test_what_the_gateways_document_shows_is_taken(operation: Any, shop: Shop) -> None:
    assert example(operation, shop.gateway, GATEWAY_KEY).status_code in (200, 201, 404)


@pytest.mark.parametrize("operation", operations(partner_schema))
def test_what_the_partners_document_shows_is_taken(operation: Any, shop: Shop) -> None:
    assert example(operation, shop.partner, PARTNER_KEY).status_code in (200, 201, 404)
