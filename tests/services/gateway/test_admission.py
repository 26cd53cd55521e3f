"""Keys, scopes, rate limits, size, shedding."""

import concurrent.futures
import socket
import time
from typing import Any

import pytest


def problem(answer: Any) -> dict[str, Any]:
    """The problem an answer carries, with what every problem must have."""
    assert answer.headers["content-type"] == "application/problem+json"
    told: dict[str, Any] = answer.json()
    assert told["status"] == answer.status_code
    assert told["request_id"] == answer.headers["x-request-id"]
    assert told["detail"].endswith(".")
    assert told.keys() >= {"type", "title", "instance"}
    return told


def test_a_missing_key_is_401_and_says_which_header(gateway: Any) -> None:
    answer = gateway.client.get("/api/v1/products")
    assert answer.status_code == 401
    assert "X-API-Key" in problem(answer)["detail"]
    assert answer.headers["www-authenticate"].startswith("ApiKey")


@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
def test_no_other_site_is_allowed_to_read_an_answer(gateway: Any, method: str) -> None:
    asked = {"Origin": "http://evil.example", "Access-Control-Request-Method": "GET"}
    for path in ("/api/v1/products", "/health", "/metrics", "/openapi.json"):
        answer = gateway.client.request(method, path, headers=asked)
        assert not [name for name in answer.headers if name.startswith("access-control-")], path


def test_an_unknown_key_is_401_and_never_reaches_orders(gateway: Any, orders: Any) -> None:
    answer = gateway.client.get("/api/v1/products", headers={"X-API-Key": "who-knows"})
    assert answer.status_code == 401
    assert "unknown" in problem(answer)["detail"]
    assert orders.asked == []


def test_a_placeholder_that_was_never_filled_in_is_told_as_such(gateway: Any) -> None:
    answer = gateway.client.get("/api/v1/products", headers={"X-API-Key": "{{apiKey}}"})
    assert answer.status_code == 401
    assert "'{{apiKey}}'" in problem(answer)["detail"]
    assert "environment" in problem(answer)["detail"]


def test_a_key_in_the_wrong_header_is_told_the_right_one(gateway: Any) -> None:
    answer = gateway.client.get("/api/v1/products", headers={"Authorization": "Bearer key-of-the-shop"})
    assert answer.status_code == 401
    assert "sent as Authorization" in problem(answer)["detail"]
    assert "X-API-Key" in problem(answer)["detail"]


@pytest.mark.parametrize("accept", ["text/xml", "text/html, image/*", "application/json;q=0", "application/*; q=0.0"])
def test_who_takes_no_json_is_told_so_before_anything_is_done(gateway: Any, orders: Any, accept: str) -> None:
    answer = gateway.client.get("/api/v1/products", headers={"X-API-Key": "key-of-the-shop", "Accept": accept})
    assert answer.status_code == 406
    assert "Accept: application/json" in problem(answer)["detail"]
    assert orders.asked == []


@pytest.mark.parametrize(
    "accept", ["", "*/*", "application/json", "text/html,*/*;q=0.8", "application/*", "text/xml, application/JSON;q=1"]
)
def test_who_takes_json_among_others_is_served(gateway: Any, accept: str) -> None:
    answer = gateway.client.get("/api/v1/products", headers={"X-API-Key": "key-of-the-shop", "Accept": accept})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "key", "scope"),
    [
        ("GET", "/products", "key-of-support", "catalog:read"),
        ("GET", "/products/p-1", "key-of-support", "catalog:read"),
        ("POST", "/orders", "key-of-support", "orders:write"),
        ("GET", "/orders", "key-with-a-rate", "orders:read"),
        ("GET", "/orders/1", "key-with-a-rate", "orders:read"),
        ("GET", "/customers/me", "key-with-a-rate", "orders:read"),
        ("POST", "/orders/1/refund", "key-of-the-shop", "refunds:write"),
    ],
)
def test_a_key_without_the_scope_is_403_and_says_which(
    gateway: Any, method: str, path: str, key: str, scope: str
) -> None:
    answer = gateway.client.request(method, f"/api/v1{path}", headers={"X-API-Key": key})
    assert answer.status_code == 403
    assert scope in problem(answer)["detail"]


def test_a_key_has_the_rate_of_its_entry_and_says_when_to_come_back(gateway: Any, eventually: Any) -> None:
    def ask() -> Any:
        return gateway.client.get("/api/v1/products", headers={"X-API-Key": "key-with-a-rate"})

    gateway.patch(default_rate_rps=1000, default_burst=1000)
    assert [ask().status_code for _ in range(4)] == [200] * 4
    refused = eventually(lambda: answer if (answer := ask()).status_code == 429 else None)
    assert "2 requests a second" in problem(refused)["detail"]
    assert int(refused.headers["retry-after"]) >= 1
    assert refused.headers["ratelimit-policy"] == '"key";q=4;w=2'
    assert refused.headers["ratelimit"].startswith('"key";r=0;t=')
    assert gateway.metric('gateway_rate_limited_total{key_name="slow"}') >= 1


def test_every_answer_says_how_much_of_the_limit_is_left(gateway: Any, get: Any) -> None:
    gateway.patch(default_rate_rps=1, default_burst=10)
    first, second = get(), get()
    assert first.headers["ratelimit-limit"] == "10"
    assert int(first.headers["ratelimit-remaining"]) - int(second.headers["ratelimit-remaining"]) in {0, 1}
    assert {"ratelimit-reset", "ratelimit-policy", "ratelimit"} <= second.headers.keys()


def test_the_default_rate_and_burst_are_what_a_key_without_its_own_gets(gateway: Any, get: Any) -> None:
    gateway.patch(default_rate_rps=0.01, default_burst=3)
    statuses = [get().status_code for _ in range(5)]
    assert statuses == [200, 200, 200, 429, 429]


def test_the_factor_multiplies_rate_and_burst(gateway: Any, get: Any) -> None:
    gateway.patch(default_rate_rps=0.5, default_burst=3, rate_factor=2)
    gateway.patch(rate_limit_enabled=True)
    assert get().headers["ratelimit-limit"] == "6"


def test_no_limit_holds_when_it_is_switched_off(gateway: Any, get: Any) -> None:
    gateway.patch(default_rate_rps=0.1, default_burst=1, rate_limit_enabled=False)
    answers = [get() for _ in range(5)]
    assert {answer.status_code for answer in answers} == {200}
    assert "ratelimit-limit" not in answers[0].headers


def test_the_rate_let_through_is_the_rate_stated(gateway: Any, get: Any) -> None:
    gateway.patch(default_rate_rps=20, default_burst=60)  # three seconds' worth, so that a pause loses nothing
    answer, passed = get(), 0
    refused: list[tuple[float, float]] = []  # when each refused request was sent, and its answer was here
    while not refused or time.monotonic() - refused[0][1] < 1.5 or answer.status_code == 200:
        sent = time.monotonic()
        answer = get()
        if answer.status_code == 429:
            refused.append((sent, time.monotonic()))
        elif refused:
            passed += 1
    # between the first refusal and the last, the bucket was empty at both ends
    (first_sent, first_back), (last_sent, last_back) = refused[0], refused[-1]
    assert 20 * (last_sent - first_back) - 1 <= passed <= 20 * (last_back - first_sent) + 1


def test_a_body_over_the_limit_is_413(gateway: Any, place: Any, orders: Any) -> None:
    gateway.patch(max_body_kb=1)
    answer = place({"note": "x" * 2000})
    assert answer.status_code == 413
    assert "1 kB" in problem(answer)["detail"]
    assert orders.asked == []


def test_a_body_over_the_limit_is_413_without_a_stated_length(gateway: Any) -> None:
    gateway.patch(max_body_kb=1)
    answer = gateway.client.post(
        "/api/v1/orders", content=iter([b"x" * 700, b"x" * 700]), headers={"X-API-Key": "key-of-the-shop"}
    )
    assert answer.status_code == 413


def test_a_caller_who_leaves_before_the_whole_body_is_here_is_no_error_of_ours(
    gateway: Any, orders: Any, eventually: Any
) -> None:
    line = 'http_server_request_duration_seconds_count{method="POST",route="/api/v1/orders",status_code="%s"}'
    errors = gateway.metric(line % "500")
    host, port = gateway.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as raw:
        raw.sendall(
            b"POST /api/v1/orders HTTP/1.1\r\nHost: x\r\nX-API-Key: key-of-the-shop\r\nContent-Length: 100\r\n\r\n{"
        )
    eventually(lambda: gateway.metric(line % "499") == 1)
    assert gateway.metric(line % "500") == errors
    assert orders.asked == []


def test_a_body_that_does_not_come_is_408_and_takes_nobodys_place(
    gateway: Any, get: Any, orders: Any, eventually: Any
) -> None:
    gateway.patch(max_in_flight=1, body_timeout_ms=60_000)
    host, port = gateway.url.removeprefix("http://").split(":")
    head = b"POST /api/v1/orders HTTP/1.1\r\nHost: x\r\nX-API-Key: key-of-the-shop\r\nContent-Length: 100\r\n\r\n{"
    with socket.create_connection((host, int(port))) as waiting, socket.create_connection((host, int(port))) as raw:
        waiting.sendall(head)
        eventually(lambda: gateway.metric("http_server_active_requests") == 1)
        assert get().status_code == 200
        gateway.patch(body_timeout_ms=50)
        raw.sendall(head)
        answer = b""
        while chunk := raw.recv(4096):
            answer += chunk
    assert answer.startswith(b"HTTP/1.1 408")
    assert b"/problems/request-timeout" in answer
    assert [asked.method for asked in orders.asked] == ["GET"]


def test_requests_above_the_most_in_flight_are_shed_with_503(
    gateway: Any, get: Any, orders: Any, eventually: Any
) -> None:
    gateway.patch(max_in_flight=2)
    told = orders.hold()
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        calls = [pool.submit(get) for _ in range(6)]
        eventually(lambda: sum(call.done() for call in calls) == 4)
        told.set()
    answers = [call.result() for call in calls]
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [200, 200, 503, 503, 503, 503]
    shed = next(answer for answer in answers if answer.status_code == 503)
    assert shed.headers["retry-after"] == "1"
    assert problem(shed)["title"] == "Overloaded"
    assert gateway.metric("gateway_shed_total") >= 4


def test_only_what_is_public_is_routed(gateway: Any, orders: Any) -> None:
    for path in ("/api/v1/internal/settings", "/api/v1/health", "/api/v1/metrics", "/api/v1/orders/../internal"):
        answer = gateway.client.get(path, headers={"X-API-Key": "key-of-the-shop"})
        assert answer.status_code == 404
        problem(answer)
    assert orders.asked == []


def test_a_wrong_method_is_405_and_says_which_are_right(gateway: Any) -> None:
    answer = gateway.client.delete("/api/v1/orders", headers={"X-API-Key": "key-of-the-shop"})
    assert answer.status_code == 405
    assert "POST" in problem(answer)["detail"]
    assert "GET" in answer.headers["allow"]
