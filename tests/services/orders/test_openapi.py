"""The OpenAPI document: every operation told with examples, every answer as it says."""

from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator

from services.orders.app import create

ON_POSTGRESQL = False
DOCUMENT: dict[str, Any] = create().openapi()
OPERATIONS = [(method, path) for path, methods in DOCUMENT["paths"].items() for method in methods]


def _check(schema: dict[str, Any], value: Any) -> None:
    Draft202012Validator({**schema, "components": DOCUMENT["components"]}).validate(value)


def _examples(content: dict[str, Any]) -> Iterator[tuple[dict[str, Any], Any]]:
    for media in content.values():
        if "example" in media:
            yield media["schema"], media["example"]
        for example in media.get("examples", {}).values():
            yield media["schema"], example["value"]


def test_every_operation_of_the_contract_is_there() -> None:
    assert set(OPERATIONS) == {
        ("get", "/products"),
        ("get", "/products/{product_id}"),
        ("post", "/orders"),
        ("get", "/orders"),
        ("get", "/orders/{order_id}"),
        ("post", "/orders/{order_id}/refund"),
        ("get", "/customers/me"),
    }


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_operation_is_described_with_valid_examples(method: str, path: str) -> None:
    operation = DOCUMENT["paths"][path][method]
    assert operation["summary"]
    assert len(operation["description"]) > 30
    assert all("description" in parameter for parameter in operation.get("parameters", []) if parameter["in"] == "path")
    shown = 0
    for told in [operation.get("requestBody", {}), *operation["responses"].values()]:
        for schema, example in _examples(told.get("content", {})):
            _check(schema, example)
            shown += 1
    assert shown >= 2


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_error_is_a_problem(method: str, path: str) -> None:
    for status, told in DOCUMENT["paths"][path][method]["responses"].items():
        if int(status) >= 400:
            assert list(told["content"]) == ["application/problem+json"]


def test_answers_are_as_documented(shop: Any, place: Any) -> None:
    order = place()
    seen = {
        ("post", "/orders"): order,
        ("get", "/orders"): shop.client.get("/orders?limit=100"),
        ("get", "/orders/{order_id}"): shop.client.get(f"/orders/{order.json()['id']}"),
        ("get", "/products"): shop.client.get("/products"),
        ("get", "/products/{product_id}"): shop.client.get("/products/guji-uraga-250g"),
        ("get", "/customers/me"): shop.client.get("/customers/me", headers={"Customer-Id": "c-1"}),
        ("post", "/orders/{order_id}/refund"): shop.client.post(f"/orders/{order.json()['id']}/refund"),
    }
    assert set(seen) == set(OPERATIONS)
    for (method, path), answer in seen.items():
        told = DOCUMENT["paths"][path][method]["responses"][str(answer.status_code)]
        _check(told["content"]["application/json"]["schema"], answer.json())
