"""What a caller is told who gets it wrong: on the wire, through the real gateway, orders and partner.

Each answer is a problem document whose detail alone is enough to mend the request.
"""

import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

KEYS = [
    {
        "key": "key-of-the-shop",
        "name": "shop",
        "role": "storefront",
        "scopes": ["catalog:read", "orders:read", "orders:write"],
    },
    {
        "key": "key-with-little",
        "name": "little",
        "role": "storefront",
        "scopes": ["catalog:read"],
        "rate_rps": 0.1,
        "burst": 1,
    },
]
KEY = {"X-API-Key": "key-of-the-shop"}
ORDER: dict[str, Any] = {
    "items": [{"product_id": "guji-uraga-250g", "quantity": 2}],
    "customer": {"email": "lena@example.com", "name": "Lena Vogel", "country": "DE"},
}


@pytest.fixture(scope="module")
def shop(start: Any, tmp_path_factory: pytest.TempPathFactory) -> httpx.Client:
    """A client of a whole small shop."""
    folder = Path(tmp_path_factory.mktemp("shop"))
    database = folder / "beanline.db"
    seed = [sys.executable, "-m", "services.orders.seed", "--orders", "200", "--out", str(database)]
    subprocess.run(seed, check=True, capture_output=True, cwd=Path(__file__).parents[2])
    (folder / "keys.json").write_text(json.dumps(KEYS))
    partner = start("partner")
    orders = start("orders", DATABASE_URL=f"sqlite+aiosqlite:///{database}", PARTNER_URL=partner.url)
    gateway = start("gateway", ORDERS_URL=orders.url, API_KEYS_FILE=str(folder / "keys.json"))
    client: httpx.Client = gateway.client
    return client


def order(**changes: Any) -> dict[str, Any]:
    return {"json": ORDER | changes}


CASES: dict[str, tuple[str, str, dict[str, Any], int, str, list[str]]] = {
    "no key": ("GET", "/api/v1/orders", {"headers": {}}, 401, "unauthorized", ["X-API-Key"]),
    "an unknown key": ("GET", "/api/v1/orders", {"headers": {"X-API-Key": "nope"}}, 401, "unauthorized", ["unknown"]),
    "a placeholder": (
        "GET",
        "/api/v1/orders",
        {"headers": {"X-API-Key": "{{apiKey}}"}},
        401,
        "unauthorized",
        ["not filled in", "environment"],
    ),
    "a key in the wrong header": (
        "GET",
        "/api/v1/orders",
        {"headers": {"Authorization": "Bearer key-of-the-shop"}},
        401,
        "unauthorized",
        ["sent as Authorization", "X-API-Key"],
    ),
    "a key that may not": (
        "POST",
        "/api/v1/orders/100001/refund",
        {},
        403,
        "forbidden",
        ["lacks the scope refunds:write", "Use a key that has it"],
    ),
    "a wrong verb": (
        "DELETE",
        "/api/v1/products",
        {},
        405,
        "method-not-allowed",
        ["does not answer DELETE", "Use GET"],
    ),
    "a wrong path": ("GET", "/api/v1/prodcts", {}, 404, "not-found", ["/api/v1/prodcts", "Check the path"]),
    "an order that is not there": (
        "GET",
        "/api/v1/orders/999999999",
        {},
        404,
        "not-found",
        ["Check the path and the id"],
    ),
    "an order that is no number": ("GET", "/api/v1/orders/abc", {}, 422, "invalid-request", ["'order_id' in the path"]),
    "broken JSON": (
        "POST",
        "/api/v1/orders",
        {"content": '{"items": [', "headers": KEY | {"Content-Type": "application/json"}},
        400,
        "malformed-json",
        ["could not be read as JSON", "quotes, commas and braces"],
    ),
    "no body": (
        "POST",
        "/api/v1/orders",
        {"headers": KEY | {"Content-Type": "application/json"}},
        422,
        "invalid-request",
        ["body"],
    ),
    "an unknown field": (
        "POST",
        "/api/v1/orders",
        order(gift_wrap=True),
        422,
        "invalid-request",
        ["'gift_wrap' in the body"],
    ),
    "a missing field": (
        "POST",
        "/api/v1/orders",
        {"json": {"customer": ORDER["customer"]}},
        422,
        "invalid-request",
        ["'items' in the body", "required"],
    ),
    "a wrong type": (
        "POST",
        "/api/v1/orders",
        order(items=[{"product_id": "guji-uraga-250g", "quantity": "two"}]),
        422,
        "invalid-request",
        ["'items.0.quantity' in the body"],
    ),
    "an unknown product": (
        "POST",
        "/api/v1/orders",
        order(items=[{"product_id": "moon-beans", "quantity": 1}]),
        422,
        "invalid-request",
        ["no product 'moon-beans'", "list the products"],
    ),
    "an unknown coupon": (
        "POST",
        "/api/v1/orders",
        order(coupon="FREE100"),
        422,
        "invalid-request",
        ["'coupon' in the body"],
    ),
    "a declined card": (
        "POST",
        "/api/v1/orders",
        order(card_token="tok_declined"),
        402,
        "card-declined",
        ["another card"],
    ),
    "a wrong content type": (
        "POST",
        "/api/v1/orders",
        {"content": json.dumps(ORDER), "headers": KEY | {"Content-Type": "text/plain"}},
        415,
        "unsupported-media-type",
        ["Content-Type is text/plain", "application/json"],
    ),
    "a wish for XML": (
        "GET",
        "/api/v1/products",
        {"headers": KEY | {"Accept": "text/xml"}},
        406,
        "not-acceptable",
        ["text/xml", "application/json"],
    ),
    "an unknown parameter": (
        "GET",
        "/api/v1/orders?stauts=paid",
        {},
        422,
        "invalid-request",
        ["'stauts' in the query"],
    ),
    "an unknown value": (
        "GET",
        "/api/v1/orders?status=lost",
        {},
        422,
        "invalid-request",
        ["'status' in the query", "paid"],
    ),
    "a page too large": (
        "GET",
        "/api/v1/orders?limit=1000",
        {},
        422,
        "invalid-request",
        ["'limit' in the query", "100"],
    ),
    "a made-up cursor": (
        "GET",
        "/api/v1/orders?cursor=page-2",
        {},
        422,
        "invalid-request",
        ["'cursor' in the query", "next_cursor"],
    ),
    "a body too large": (
        "POST",
        "/api/v1/orders",
        {"content": b" " * 300_000, "headers": KEY | {"Content-Type": "application/json"}},
        413,
        "too-large",
        ["exceeds 256 kB", "smaller"],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_wrong_request_is_told_what_to_change(shop: httpx.Client, name: str) -> None:
    method, path, more, status, kind, said = CASES[name]
    answer = shop.request(method, path, **{"headers": KEY, **more})
    told = answer.json()
    assert (answer.status_code, told["type"].rsplit("/", 1)[-1]) == (status, kind), told
    assert answer.headers["content-type"] == "application/problem+json"
    assert {"type", "title", "status", "detail", "instance", "request_id"} <= told.keys()
    assert told["detail"].endswith(".")
    for words in said:
        assert words in told["detail"], told["detail"]


def test_too_many_requests_say_when_to_come_back(shop: httpx.Client) -> None:
    answers = [shop.get("/api/v1/products", headers={"X-API-Key": "key-with-little"}) for _ in range(3)]
    refused = answers[-1]
    assert refused.status_code == 429
    assert refused.headers["retry-after"] == "10"
    assert "may send 6 requests a minute. Wait 10 s" in refused.json()["detail"]


def test_an_idempotency_key_with_another_body_is_told_to_take_a_new_one(shop: httpx.Client) -> None:
    headers = KEY | {"Idempotency-Key": "one-key"}
    assert shop.post("/api/v1/orders", json=ORDER, headers=headers).status_code == 201
    again = shop.post(
        "/api/v1/orders", headers=headers, **order(items=[{"product_id": "guji-uraga-250g", "quantity": 1}])
    )
    assert again.status_code == 422
    assert "Use a new key for a new order" in again.json()["detail"]


def test_what_is_not_http_gets_a_problem_too(shop: httpx.Client) -> None:
    with socket.create_connection((shop.base_url.host, shop.base_url.port or 80)) as raw:
        raw.sendall(b"GET /api/v1/products HTTP/1.1\r\nno colon here\r\n\r\n")
        answer = raw.recv(4096).decode()
    assert answer.startswith("HTTP/1.1 400")
    assert "application/problem+json" in answer
    assert "Check the request line, the headers" in answer
