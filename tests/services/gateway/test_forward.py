"""What goes to orders and what comes back."""

import socket
from typing import Any

import pytest


def test_the_request_reaches_orders_as_it_was(place: Any, orders: Any) -> None:
    orders.always(201, b'{"id":"o-1"}', Location="/orders/o-1")
    answer = place({"a": 1}, Idempotency_Key="k-1", Customer_Id="c-17", Accept="application/json")
    assert (answer.status_code, answer.content) == (201, b'{"id":"o-1"}')
    assert answer.headers["location"] == "/api/v1/orders/o-1"
    (asked,) = orders.asked
    assert (asked.method, asked.path, asked.body) == ("POST", "/orders", b'{"a":1}')
    assert asked.headers["idempotency-key"] == "k-1"
    assert asked.headers["customer-id"] == "c-17"
    assert asked.headers["content-type"] == "application/json"
    assert asked.headers["x-client"] == "shop"
    assert "x-api-key" not in asked.headers


def test_nobody_can_send_an_idempotency_key_in_anothers_name(place: Any, orders: Any) -> None:
    place(Idempotency_Key="k-1", X_Client="support")
    assert orders.asked[0].headers["x-client"] == "shop"


@pytest.mark.parametrize(
    ("public", "internal"),
    [
        ("/products?limit=3&cursor=a%2Bb", "/products?limit=3&cursor=a%2Bb"),
        ("/products/a%20b", "/products/a%20b"),
        ("/orders?email=x%40y.example", "/orders?email=x%40y.example"),
        ("/orders/17", "/orders/17"),
        ("/customers/me", "/customers/me"),
    ],
)
def test_paths_and_queries_arrive_unchanged(get: Any, orders: Any, public: str, internal: str) -> None:
    assert get(public).status_code == 200
    assert orders.asked[-1].path == internal


def test_a_refund_is_forwarded(gateway: Any, orders: Any) -> None:
    orders.always(201, b'{"status":"succeeded"}')
    answer = gateway.client.post("/api/v1/orders/17/refund", headers={"X-API-Key": "key-of-support"})
    assert answer.status_code == 201
    assert (orders.asked[0].method, orders.asked[0].path) == ("POST", "/orders/17/refund")


@pytest.mark.parametrize("status", [400, 404, 409, 415, 422, 500, 503])
def test_the_problems_of_orders_pass_through(place: Any, orders: Any, status: int) -> None:
    body = b'{"type":"about:blank","title":"x","status":%d,"detail":"y."}' % status
    orders.always(status, body, Retry_After="7")
    answer = place()
    assert (answer.status_code, answer.content) == (status, body)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["retry-after"] == "7"


def test_a_query_that_is_not_encoded_is_refused(gateway: Any, orders: Any) -> None:
    host, port = gateway.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as raw:
        raw.sendall(
            b"GET /api/v1/orders?email=\xff\xfe HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
            b"X-API-Key: key-of-the-shop\r\n\r\n"
        )
        answer = b""
        while chunk := raw.recv(4096):
            answer += chunk
    assert answer.startswith(b"HTTP/1.1 400")
    assert orders.asked == []


def test_a_catalogue_answer_is_kept_for_its_time_to_live(gateway: Any, get: Any, orders: Any) -> None:
    gateway.patch(cache_ttl_s=60)
    first, second = get("/products?limit=77"), get("/products?limit=77")
    assert first.content == second.content
    assert len(orders.asked) == 1
    assert first.headers["cache-status"] == "beanline; fwd=miss"
    assert second.headers["cache-status"].startswith("beanline; hit")
    assert second.headers["age"] == "0"
    assert gateway.metric("gateway_cache_hits_total") >= 1


def test_nothing_is_kept_when_the_time_to_live_is_zero(gateway: Any, get: Any, orders: Any) -> None:
    gateway.patch(cache_ttl_s=0)
    get("/products?limit=78")
    get("/products?limit=78")
    assert len(orders.asked) == 2


def test_orders_and_errors_are_never_kept(gateway: Any, get: Any, orders: Any) -> None:
    gateway.patch(cache_ttl_s=60)
    get("/orders/1")
    get("/orders/1")
    assert len(orders.asked) == 2
    orders.always(404)
    get("/products/none")
    get("/products/none")
    assert len(orders.asked) == 2


def test_a_link_to_the_next_page_leads_to_the_public_path(get: Any, orders: Any) -> None:
    orders.always(200, b"{}", Link='</orders?limit=2&cursor=abc>; rel="next"')
    assert get("/orders?limit=2").links["next"]["url"] == "/api/v1/orders?limit=2&cursor=abc"


def test_a_problem_of_orders_names_the_public_path(get: Any, orders: Any) -> None:
    orders.always(404, b'{"title":"Not found","detail":"Nothing is at /orders/999.","instance":"/orders/999"}')
    told = get("/orders/999").json()
    assert told["instance"] == "/api/v1/orders/999"
    assert told["detail"] == "Nothing is at /api/v1/orders/999."


@pytest.mark.parametrize("body", [b"no JSON", b"[1]", b'{"instance":7}', b'{"instance":"urn:uuid:1","detail":"x"}'])
def test_an_error_that_names_no_path_passes_through(get: Any, orders: Any, body: bytes) -> None:
    orders.always(500, body)
    assert get("/orders/1").content == body


def test_head_is_answered_as_get_is(gateway: Any, orders: Any) -> None:
    orders.always(200, b'{"id":17}', ETag='"abc"')
    asked = gateway.client.head("/api/v1/orders/17", headers={"X-API-Key": "key-of-the-shop"})
    assert (asked.status_code, asked.content) == (200, b"")
    assert (asked.headers["etag"], asked.headers["content-length"]) == ('"abc"', "9")
    assert orders.asked[-1].method == "GET"
