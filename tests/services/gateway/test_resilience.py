"""Timeouts, retries, the breaker, the pool: each a setting, each effective."""

import concurrent.futures
import time
from typing import Any

import pytest


@pytest.mark.parametrize(("behaviour", "status", "kind"), [(2.0, 504, "timeout"), ("reset", 502, "connection_reset")])
def test_no_answer_from_orders_becomes_a_gateway_error(
    gateway: Any, place: Any, orders: Any, trace_of: Any, behaviour: Any, status: int, kind: str
) -> None:
    gateway.patch(timeout_ms=100)
    orders.then(behaviour)
    answer = place()
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


def test_pauses_double_and_vary_by_the_seed(gateway: Any, get: Any, orders: Any, trace_of: Any) -> None:
    def pauses() -> list[float]:
        orders.always(503)
        answer = get("/orders/1")
        spans = [span for span in trace_of(answer) if span["name"] == "retry backoff"]
        return [(span["end_ns"] - span["start_ns"]) / 1e6 for span in spans]

    gateway.patch(retries=3, backoff_ms=20, jitter=0)
    first, second, third = pauses()
    assert 19 <= first < 35
    assert 39 <= second < 60
    assert 79 <= third < 110
    gateway.patch(jitter=1, jitter_seed=7)
    varied = pauses()
    gateway.patch(jitter_seed=8)
    pauses()
    gateway.patch(jitter_seed=7)
    assert pauses() == pytest.approx(varied, abs=12)


def test_the_budget_bounds_how_many_retries_all_calls_make(gateway: Any, get: Any, orders: Any) -> None:
    gateway.patch(retries=3, backoff_ms=0, retry_budget=0.1)
    orders.always(503)
    for _ in range(30):
        get("/orders/1")
    without_budget = 30 * 4
    assert 30 + 20 <= len(orders.asked) <= 30 + 24 < without_budget


def test_the_breaker_opens_refuses_and_closes_again(
    gateway: Any, get: Any, orders: Any, sink: Any, eventually: Any
) -> None:
    gateway.patch(retries=0, breaker_enabled=True, breaker_failure_share=0.5, breaker_min_calls=10, breaker_open_s=0.5)
    orders.always(500)
    statuses = [get("/orders/1").status_code for _ in range(14)]
    assert statuses == [500] * 10 + [503] * 4
    assert len(orders.asked) == 10
    assert gateway.metric('gateway_breaker_open{peer_service="orders"}') == 1
    refused = get("/orders/1")
    assert refused.headers["retry-after"] == "1"
    assert refused.json()["title"] == "Upstream unavailable"
    time.sleep(0.6)
    assert get("/orders/1").status_code == 500  # the one that tries whether orders is back
    assert get("/orders/1").status_code == 503
    orders.always(200)
    time.sleep(0.6)
    assert [get("/orders/1").status_code for _ in range(3)] == [200] * 3
    assert gateway.metric('gateway_breaker_open{peer_service="orders"}') == 0
    eventually(lambda: sink.events("breaker.opened") and sink.events("breaker.closed"))


def test_the_breaker_waits_for_enough_calls_and_enough_failures(gateway: Any, get: Any, orders: Any) -> None:
    gateway.patch(retries=0, breaker_enabled=True, breaker_failure_share=0.5, breaker_min_calls=1000, breaker_open_s=5)
    orders.always(500)
    assert {get("/orders/1").status_code for _ in range(20)} == {500}
    gateway.patch(breaker_enabled=False)
    gateway.patch(breaker_min_calls=1)
    assert {get("/orders/1").status_code for _ in range(5)} == {500}


def test_calls_beyond_the_pool_wait_in_sight_and_then_fail(
    gateway: Any, get: Any, orders: Any, trace_of: Any, sink: Any
) -> None:
    gateway.patch(pool_size=1, pool_timeout_ms=250, retries=0)
    orders.answer = lambda asked: 0.2
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: get("/orders/1"), range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 200, 503, 503]
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
    gateway.patch(pool_size=1)
    orders.answer = lambda asked: 0.4
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        calls = [pool.submit(get, "/orders/1") for _ in range(2)]
        eventually(lambda: gateway.metric('http_client_pool_waiting{peer_service="orders"}') == 1)
        assert gateway.metric('http_client_pool_in_use{peer_service="orders"}') == 1
        assert [call.result().status_code for call in calls] == [200, 200]


def test_a_longer_timeout_lets_a_slow_answer_through(gateway: Any, get: Any, orders: Any) -> None:
    orders.then(0.3)
    gateway.patch(timeout_ms=100, retries=0)
    assert get("/orders/1").status_code == 504
    gateway.patch(timeout_ms=2000)
    assert get("/orders/1").status_code == 200
