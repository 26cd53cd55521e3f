"""Timeouts, retries, the breaker, the pool: each a setting, each effective."""

import concurrent.futures
import threading
import time
from typing import Any

import pytest


@pytest.mark.parametrize(
    ("behaviour", "timeout_ms", "status", "kind"),
    [("silence", 100, 504, "timeout"), ("reset", 9000, 502, "connection_reset")],
)
def test_no_answer_from_orders_becomes_a_gateway_error(
    gateway: Any, place: Any, orders: Any, trace_of: Any, behaviour: str, timeout_ms: int, status: int, kind: str
) -> None:
    gateway.patch(timeout_ms=timeout_ms)
    orders.then("reset")
    told = orders.hold() if behaviour == "silence" else threading.Event()
    answer = place()
    told.set()
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]
    (call,) = [span for span in trace_of(answer) if span["kind"] == "client"]
    assert call["attributes"]["error.type"] == kind
    assert call["error"]


def test_orders_that_is_not_there_is_502(start: Any, free_port: Any) -> None:
    lonely = start("gateway", ORDERS_URL=f"http://127.0.0.1:{free_port()}")
    answer = lonely.client.get("/api/v1/products", headers={"X-API-Key": "dev-storefront-key"})
    assert answer.status_code == 502
    line = 'http_client_request_duration_seconds_count{method="GET",peer_service="orders",status_code="%s"}'
    assert lonely.metric(line % "connection_refused") == 2


def test_a_get_is_tried_again_and_each_attempt_is_a_span(gateway: Any, get: Any, orders: Any, trace_of: Any) -> None:
    gateway.patch(retries=3, backoff_ms=5)
    orders.then((503, b"{}", {}), "reset", (200, b'{"third":true}', {}))
    answer = get("/orders/1")
    assert answer.json() == {"third": True}
    spans = trace_of(answer)
    calls = [span for span in spans if span["kind"] == "client"]
    assert [call["attributes"].get("http.request.resend_count") for call in calls] == [None, 1, 2]
    assert [call["error"] for call in calls] == [True, True, False]
    assert len([span for span in spans if span["name"] == "retry backoff"]) == 2
    assert gateway.metric('http_client_retries_total{peer_service="orders"}') >= 2


def test_a_write_is_not_tried_again_unless_told(gateway: Any, place: Any, orders: Any) -> None:
    gateway.patch(retries=2)
    orders.always(503)
    place()
    assert len(orders.asked) == 1
    gateway.patch(retry_writes=True)
    place()
    assert len(orders.asked) == 4


def test_an_answer_that_says_when_to_come_back_is_not_tried_again_unless_told(
    gateway: Any, get: Any, orders: Any
) -> None:
    gateway.patch(retries=2)
    orders.always(503, b"{}", Retry_After="3")
    assert get("/orders/1").headers["retry-after"] == "3"
    assert len(orders.asked) == 1
    gateway.patch(respect_retry_after=False)
    get("/orders/1")
    assert len(orders.asked) == 4


def test_an_answer_that_is_final_is_not_tried_again(gateway: Any, get: Any, orders: Any) -> None:
    gateway.patch(retries=2)
    for status in (404, 500):
        orders.always(status)
        get("/orders/1")
        assert len(orders.asked) == 1


def test_pauses_double(gateway: Any, get: Any, orders: Any, trace_of: Any) -> None:
    gateway.patch(retries=3, backoff_ms=20, jitter=0)
    orders.always(503)
    spans = [span for span in trace_of(get("/orders/1")) if span["name"] == "retry backoff"]
    paused_ms = [(span["end_ns"] - span["start_ns"]) / 1e6 for span in spans]
    assert len(paused_ms) == 3
    assert all(was >= told - 1 for was, told in zip(paused_ms, (20, 40, 80), strict=True))


def test_the_budget_bounds_how_many_retries_all_calls_make(gateway: Any, get: Any, orders: Any) -> None:
    gateway.patch(retries=3, backoff_ms=0, retry_budget=0.1)
    orders.always(503)
    for _ in range(30):
        get("/orders/1")
    without_budget = 30 * 4
    assert 30 + 20 <= len(orders.asked) <= 30 + 24 < without_budget


BREAKER = {"retries": 0, "breaker_enabled": True, "breaker_failure_share": 0.5, "breaker_min_calls": 10}
OPEN = 'gateway_breaker_open{peer_service="orders"}'


def test_an_open_breaker_refuses_and_asks_orders_nothing(gateway: Any, get: Any, orders: Any) -> None:
    gateway.patch(**BREAKER, breaker_open_s=1000)
    orders.always(500)
    statuses = [get("/orders/1").status_code for _ in range(14)]
    assert statuses == [500] * 10 + [503] * 4
    assert len(orders.asked) == 10
    assert gateway.metric(OPEN) == 1
    refused = get("/orders/1")
    assert 900 < int(refused.headers["retry-after"]) <= 1000
    assert refused.json()["title"] == "Upstream unavailable"


@pytest.mark.parametrize(("found", "then"), [(200, 200), (500, 503)], ids=["orders is back", "orders is not back"])
def test_after_a_while_a_single_call_tries_whether_orders_is_back(
    gateway: Any, get: Any, orders: Any, sink: Any, eventually: Any, found: int, then: int
) -> None:
    gateway.patch(**BREAKER, breaker_open_s=0.01)
    orders.always(500)
    eventually(lambda: get("/orders/1").status_code == 500 and gateway.metric(OPEN) == 1)
    gateway.patch(breaker_open_s=1000)  # from the next time on
    time.sleep(0.01)
    told = orders.hold(found)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        trial = pool.submit(get, "/orders/1")
        eventually(lambda: orders.asked)
        assert [get("/orders/1").status_code for _ in range(3)] == [503] * 3
        told.set()
        assert trial.result().status_code == found
    orders.always(200)
    assert [get("/orders/1").status_code for _ in range(3)] == [then] * 3
    assert gateway.metric(OPEN) == (then == 503)
    eventually(lambda: sink.events("breaker.opened"))
    if then == 200:
        eventually(lambda: sink.events("breaker.closed"))


def test_the_breaker_waits_for_enough_calls_and_enough_failures(gateway: Any, get: Any, orders: Any) -> None:
    gateway.patch(retries=0, breaker_enabled=True, breaker_failure_share=0.5, breaker_min_calls=1000, breaker_open_s=5)
    orders.always(500)
    assert {get("/orders/1").status_code for _ in range(20)} == {500}
    gateway.patch(breaker_enabled=False)
    gateway.patch(breaker_min_calls=1)
    assert {get("/orders/1").status_code for _ in range(5)} == {500}


def test_calls_beyond_the_pool_wait_in_sight_and_then_fail(
    gateway: Any, get: Any, orders: Any, trace_of: Any, eventually: Any
) -> None:
    gateway.patch(pool_size=1, pool_timeout_ms=50, retries=0)
    told = orders.hold()
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        calls = [pool.submit(get, "/orders/1") for _ in range(4)]
        eventually(lambda: sum(call.done() for call in calls) == 3)
        told.set()
    answers = [call.result() for call in calls]
    assert sorted(answer.status_code for answer in answers) == [200, 503, 503, 503]
    waited = [span for answer in answers for span in trace_of(answer) if span["name"] == "wait for orders connection"]
    assert len(waited) == 3
    full = next(answer for answer in answers if answer.status_code == 503)
    assert "connections" in full.json()["detail"]
    (call,) = [span for span in trace_of(full) if span["kind"] == "client"]
    assert call["attributes"]["error.type"] == "pool_timeout"
    assert gateway.metric('http_client_pool_size{peer_service="orders"}') == 1


def test_the_pool_in_use_is_visible_while_calls_are_under_way(
    gateway: Any, get: Any, orders: Any, eventually: Any
) -> None:
    gateway.patch(pool_size=1, pool_timeout_ms=9000, timeout_ms=9000)
    told = orders.hold()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        calls = [pool.submit(get, "/orders/1") for _ in range(2)]
        eventually(lambda: gateway.metric('http_client_pool_waiting{peer_service="orders"}') == 1)
        assert gateway.metric('http_client_pool_in_use{peer_service="orders"}') == 1
        told.set()
        assert [call.result().status_code for call in calls] == [200, 200]


def test_a_longer_timeout_lets_a_slow_answer_through(gateway: Any, get: Any, orders: Any) -> None:
    told = orders.hold()
    gateway.patch(timeout_ms=100, retries=0)
    assert get("/orders/1").status_code == 504
    told.set()
    orders.then(0.3)
    gateway.patch(timeout_ms=9000)
    assert get("/orders/1").status_code == 200
