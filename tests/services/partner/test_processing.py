"""Latency as drawn, a queue in order, failures by the seed."""

import contextlib
import json
import random
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest

from services.partner.processing import lognormal_ms

KEY = {"Authorization": "Bearer pk_test_beanline"}


def nearest_rank(values: list[float], percentile: float) -> float:
    """Exact nearest rank."""
    ordered = sorted(values)
    return ordered[-(-len(ordered) * int(percentile) // 100) - 1]


@pytest.mark.parametrize(("median_ms", "p99_ms"), [(40, 120), (5, 200), (300, 310)])
def test_draws_have_the_median_and_the_percentiles_asked_for(median_ms: float, p99_ms: float) -> None:
    rng = random.Random(7)
    draws = [lognormal_ms(rng, median_ms, p99_ms) for _ in range(200_000)]
    p95 = median_ms * (p99_ms / median_ms) ** (1.6448536 / 2.3263479)
    assert nearest_rank(draws, 50) == pytest.approx(median_ms, rel=0.03)
    assert nearest_rank(draws, 95) == pytest.approx(p95, rel=0.03)
    assert nearest_rank(draws, 99) == pytest.approx(p99_ms, rel=0.03)


def test_a_p99_at_the_median_means_always_the_same() -> None:
    rng = random.Random(7)
    assert {lognormal_ms(rng, 40, 40) for _ in range(10)} == {40}


NEVER = {"latency_median_ms": 3_600_000, "latency_p99_ms": 3_600_000}
AT_ONCE = {"latency_median_ms": 1, "latency_p99_ms": 1}


def elapsed_ms(paylane: Any, calls: int) -> list[float]:
    """Durations of calls one after another."""
    durations = []
    for _ in range(calls):
        before = time.perf_counter()
        assert paylane.client.get("/v2/payments?reference=x", headers=KEY).status_code == 200
        durations.append((time.perf_counter() - before) * 1000)
    return durations


@contextlib.contextmanager
def callers(paylane: Any, count: int, body: bytes = b"") -> Iterator[None]:
    """So many calls on connections of their own, GET or with a body POST; at the end all hang up."""
    port = int(paylane.url.rsplit(":", 1)[1])
    line = b"POST /v2/payments" if body else b"GET /v2/payments?reference=x"
    head = b"%s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer pk_test_beanline\r\n" % line
    with contextlib.ExitStack() as opened:
        for _ in range(count):
            raw = opened.enter_context(socket.create_connection(("127.0.0.1", port)))
            raw.sendall(head + b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        yield


def in_sight(paylane: Any) -> float:
    """Calls being worked on or waiting."""
    return float(paylane.metric("partner_in_progress") + paylane.metric("partner_queue_waiting"))


def test_calls_take_what_was_drawn_and_the_seed_says_what(paylane: Any) -> None:
    # whoever drew by another seed would be too early now and then; how late answers are is for the benchmark
    for seed in (5, 5, 6):
        paylane.patch(latency_seed=1000)
        paylane.patch(latency_seed=seed, latency_median_ms=30, latency_p99_ms=90)
        rng = random.Random(seed)
        drawn = [lognormal_ms(rng, 30, 90) for _ in range(10)]
        assert all(got >= want - 1.5 for got, want in zip(elapsed_ms(paylane, 10), drawn, strict=True))


def test_latency_grows_with_what_is_being_worked_on(paylane: Any, eventually: Any) -> None:
    paylane.patch(**NEVER, finish_abandoned=False)
    with callers(paylane, 4):
        eventually(lambda: in_sight(paylane) == 4)
        paylane.patch(**AT_ONCE, latency_per_concurrent_ms=50)
        (beside_four,) = elapsed_ms(paylane, 1)
    eventually(lambda: in_sight(paylane) == 0)
    assert beside_four >= 200
    assert beside_four > min(elapsed_ms(paylane, 10))


def test_workers_bound_what_is_done_at_a_time(paylane: Any, eventually: Any) -> None:
    paylane.patch(**NEVER, max_concurrent=2, finish_abandoned=False)
    with callers(paylane, 8):
        eventually(lambda: in_sight(paylane) == 8)
        assert paylane.metric("partner_in_progress") == 2
        assert paylane.metric("partner_queue_waiting") == 6


def test_a_full_queue_is_503_and_says_when_to_come_back(paylane: Any, eventually: Any) -> None:
    paylane.patch(**NEVER, max_concurrent=1, queue_limit=2, finish_abandoned=False)
    before = paylane.metric('partner_refused_total{reason="queue_full"}')
    with callers(paylane, 3):
        eventually(lambda: in_sight(paylane) == 3)
        answers = [paylane.client.get("/v2/payments?reference=x", headers=KEY) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [503] * 3
    assert {answer.headers["retry-after"] for answer in answers} == {"1"}
    assert paylane.metric('partner_refused_total{reason="queue_full"}') == before + 3


PAYMENT = {"amount": {"value": "12.50", "currency": "EUR"}, "source": {"token": "tok_visa_4242"}}


def test_work_goes_on_for_callers_who_have_hung_up(paylane: Any, get: Any, eventually: Any) -> None:
    def answered() -> float:
        labels = 'method="POST",route="/v2/payments",status_code="201"'
        return float(paylane.metric(f"http_server_request_duration_seconds_count{{{labels}}}"))

    paylane.patch(latency_median_ms=1000, latency_p99_ms=1000)
    before = answered()
    with callers(paylane, 4, json.dumps(PAYMENT | {"reference": "left"}).encode()):
        eventually(lambda: in_sight(paylane) + answered() - before >= 4)
    paylane.patch(**AT_ONCE)
    eventually(lambda: len(get("/v2/payments?reference=left").json()["items"]) == 4)


def test_work_stops_for_callers_who_have_hung_up_when_it_is_told_to(paylane: Any, get: Any, eventually: Any) -> None:
    paylane.patch(**NEVER, max_concurrent=1, finish_abandoned=False)
    before = paylane.metric("partner_abandoned_total")
    with callers(paylane, 4):
        eventually(lambda: in_sight(paylane) == 4)
    eventually(lambda: paylane.metric("partner_abandoned_total") == before + 4)
    paylane.patch(**AT_ONCE)
    assert get("/v2/payments?reference=x").status_code == 200


def outcomes(pay: Any, count: int) -> list[int]:
    """Statuses of payments one after another."""
    return [pay(reference="luck").status_code for _ in range(count)]


def test_the_share_that_fails_is_the_share_asked_for_and_the_seed_says_which(paylane: Any, pay: Any) -> None:
    paylane.patch(failure_share=0.3, failure_status=502, outcome_seed=11)
    first = outcomes(pay, 200)
    assert set(first) == {201, 502}
    assert 0.2 < first.count(502) / 200 < 0.4
    paylane.patch(outcome_seed=12)
    second = outcomes(pay, 50)
    paylane.patch(outcome_seed=11)
    assert outcomes(pay, 50) == first[:50] != second


def test_the_share_declined_is_the_share_asked_for(paylane: Any, pay: Any, get: Any) -> None:
    paylane.patch(decline_share=0.3, outcome_seed=21)
    statuses = outcomes(pay, 150)
    assert set(statuses) == {201, 402}
    assert 0.2 < statuses.count(402) / 150 < 0.4
    paylane.patch(decline_share=1)
    assert pay().json()["decline_code"] == "insufficient_funds"
    assert get("/v2/payments?reference=x").status_code == 200


def test_only_the_version_that_has_idempotency_keys_advises_one(paylane: Any, pay: Any, charge: Any) -> None:
    paylane.patch(failure_share=1)
    assert "Send it again later with the same Idempotency-Key." in pay().json()["detail"]
    told = charge().json()["detail"]
    assert "Send it again later." in told
    assert "Idempotency-Key" not in told


def test_a_failed_call_books_nothing(paylane: Any, pay: Any, get: Any) -> None:
    paylane.patch(failure_share=1)
    assert pay(reference="nothing-1").status_code == 500
    paylane.patch(failure_share=0)
    assert get("/v2/payments?reference=nothing-1").json() == {"items": []}
