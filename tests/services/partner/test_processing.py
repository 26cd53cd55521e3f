"""Latency as drawn, a queue in order, failures by the seed."""

import asyncio
import concurrent.futures
import random
import socket
import time
from typing import Any

import httpx
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


def elapsed_ms(paylane: Any, calls: int = 1) -> list[float]:
    """Durations of calls one after another."""
    durations = []
    for _ in range(calls):
        before = time.perf_counter()
        assert paylane.client.get("/v2/payments?reference=x", headers=KEY).status_code == 200
        durations.append((time.perf_counter() - before) * 1000)
    return durations


def test_calls_take_what_was_drawn_and_the_seed_says_what(paylane: Any) -> None:
    def calls(seed: int) -> list[float]:
        paylane.patch(latency_seed=seed + 1000)
        paylane.patch(latency_seed=seed, latency_median_ms=30, latency_p99_ms=90)
        return elapsed_ms(paylane, 10)

    rng = random.Random(5)
    drawn = [lognormal_ms(rng, 30, 90) for _ in range(10)]
    first, again = calls(5), calls(5)
    for measured in (first, again):
        assert all(got >= want - 1.5 for got, want in zip(measured, drawn, strict=True))
        late = sorted(got - want for got, want in zip(measured, drawn, strict=True))
        assert late[4] < 10
    rng = random.Random(6)
    assert [round(lognormal_ms(rng, 30, 90)) for _ in range(10)] != [round(want) for want in drawn]


def test_latency_grows_with_what_is_being_worked_on(paylane: Any) -> None:
    paylane.patch(latency_median_ms=20, latency_p99_ms=20, latency_per_concurrent_ms=30)
    assert elapsed_ms(paylane)[0] < 60
    url = paylane.url

    def one(_: int) -> float:
        before = time.perf_counter()
        assert httpx.get(f"{url}/v2/payments?reference=x", headers=KEY).status_code == 200
        return time.perf_counter() - before

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        slowest = max(pool.map(one, range(8)))
    assert slowest > 0.15


async def _many(url: str, count: int, client: httpx.AsyncClient) -> list[tuple[int, float]]:
    began = time.perf_counter()

    async def one() -> tuple[int, float]:
        answer = await client.get(f"{url}/v2/payments?reference=x", headers=KEY)
        return answer.status_code, time.perf_counter() - began

    return list(await asyncio.gather(*(one() for _ in range(count))))


async def test_workers_bound_what_is_done_at_a_time(paylane: Any) -> None:
    paylane.patch(latency_median_ms=100, latency_p99_ms=100, max_concurrent=2)
    async with httpx.AsyncClient(timeout=10) as client:
        answers = await _many(paylane.url, 8, client)
    assert {status for status, _ in answers} == {200}
    assert 0.38 <= max(seconds for _, seconds in answers) < 1.5


async def test_a_full_queue_is_503_and_says_when_to_come_back(paylane: Any) -> None:
    paylane.patch(latency_median_ms=200, latency_p99_ms=200, max_concurrent=1, queue_limit=2)
    async with httpx.AsyncClient(timeout=10) as client:
        answers = await _many(paylane.url, 6, client)
    assert sorted(status for status, _ in answers) == [200, 200, 200, 503, 503, 503]
    assert paylane.metric('partner_refused_total{reason="queue_full"}') >= 3


def leave(paylane: Any, count: int) -> None:
    """Send that many calls on connections of their own and hang up on all of them."""
    port = int(paylane.url.rsplit(":", 1)[1])
    opened = []
    for _ in range(count):
        raw = socket.create_connection(("127.0.0.1", port))
        raw.sendall(
            b"GET /v2/payments?reference=x HTTP/1.1\r\nHost: localhost\r\n"
            b"Authorization: Bearer pk_test_beanline\r\n\r\n"
        )
        opened.append(raw)
    deadline = time.monotonic() + 10
    while paylane.metric("partner_in_progress") + paylane.metric("partner_queue_waiting") < count:
        assert time.monotonic() < deadline
    for raw in opened:
        raw.close()


def test_work_goes_on_for_callers_who_have_hung_up(paylane: Any) -> None:
    paylane.patch(latency_median_ms=250, latency_p99_ms=250, max_concurrent=1)
    leave(paylane, 4)
    assert elapsed_ms(paylane)[0] > 800


def test_work_stops_for_callers_who_have_hung_up_when_it_is_told_to(paylane: Any) -> None:
    paylane.patch(latency_median_ms=250, latency_p99_ms=250, max_concurrent=1, finish_abandoned=False)
    before = paylane.metric("partner_abandoned_total")
    leave(paylane, 4)
    assert elapsed_ms(paylane)[0] < 600
    assert paylane.metric("partner_abandoned_total") == before + 4


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
