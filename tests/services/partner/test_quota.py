"""The quota refuses at the rate it states, and a refusal costs a part."""

import time
from typing import Any

import httpx
import pytest

KEY = {"Authorization": "Bearer pk_test_beanline"}


def ask(paylane: Any) -> httpx.Response:
    answer: httpx.Response = paylane.client.get("/v2/payments?reference=x", headers=KEY)
    return answer


def use_up(paylane: Any) -> httpx.Response:
    """Use the quota up; the first answer that refuses."""
    while (answer := ask(paylane)).status_code != 429:
        pass
    return answer


def test_what_exceeds_the_quota_is_429_and_says_when_to_come_back(paylane: Any) -> None:
    paylane.patch(quota_rps=0.5, quota_burst=2, refusal_cost=0)
    answer = use_up(paylane)
    assert 1 <= int(answer.headers["retry-after"]) <= 2
    assert answer.headers["x-ratelimit-limit"] == "0.5"
    assert answer.headers["x-ratelimit-remaining"] == "0"
    assert int(answer.headers["x-ratelimit-reset"]) >= time.time()
    assert answer.json()["title"] == "Quota exceeded"
    assert "0.5 calls a second" in answer.json()["detail"]
    assert paylane.metric('partner_refused_total{reason="quota"}') >= 1


def test_what_is_let_through_is_the_rate_stated(paylane: Any) -> None:
    paylane.patch(quota_rps=20, quota_burst=60, refusal_cost=0)  # three seconds' worth, so that a pause loses nothing
    answer, passed = ask(paylane), 0
    refused: list[tuple[float, float]] = []  # when each refused call was sent, and its answer was here
    while not refused or time.monotonic() - refused[0][1] < 1.5 or answer.status_code == 200:
        sent = time.monotonic()
        answer = ask(paylane)
        if answer.status_code == 429:
            refused.append((sent, time.monotonic()))
        elif refused:
            passed += 1
    # between the first refusal and the last, the quota was used up at both ends
    (first_sent, first_back), (last_sent, last_back) = refused[0], refused[-1]
    assert 20 * (last_sent - first_back) - 1 <= passed <= 20 * (last_back - first_sent) + 1


def test_each_refusal_that_costs_makes_the_wait_longer(paylane: Any) -> None:
    ask(paylane)  # fills the bucket while the quota is large
    paylane.patch(quota_rps=0.001, quota_burst=1.9, refusal_cost=0.2)
    assert ask(paylane).status_code == 200
    waits_s = [int(ask(paylane).headers["retry-after"]) for _ in range(3)]
    assert waits_s == pytest.approx([300, 500, 700], abs=20)


def test_the_burst_is_the_rate_unless_it_is_stated(paylane: Any) -> None:
    def left_of_a_full_quota(**quota: float) -> int:
        paylane.patch(quota_rps=100_000, quota_burst=0)
        ask(paylane)
        paylane.patch(**quota)
        return int(ask(paylane).headers["x-ratelimit-remaining"]) + 1

    assert left_of_a_full_quota(quota_rps=5) == 5
    assert left_of_a_full_quota(quota_rps=5, quota_burst=9) == 9


def test_every_call_counts_and_pages_do_not(paylane: Any) -> None:
    paylane.client.get("/v2/payments/pay_9", headers=KEY)  # fills the bucket while the quota is large
    paylane.patch(quota_rps=0.01, quota_burst=2, refusal_cost=0)
    first = paylane.client.post("/v1/charges", json={}, headers=KEY)
    second = paylane.client.get("/v1/charges/ch_9", headers=KEY)
    third = paylane.client.get("/v2/payments/pay_9", headers=KEY)
    assert [answer.status_code for answer in (first, second, third)] == [422, 404, 429]
    assert {paylane.client.get(page).status_code for page in ("/status", "/changelog", "/developers")} == {200}


def test_each_key_has_a_quota_of_its_own(start: Any, tmp_path: Any) -> None:
    keys = tmp_path / "keys.json"
    keys.write_text('[{"key": "pk_one", "name": "one"}, {"key": "pk_two", "name": "two"}]')
    running = start("partner", PARTNER_API_KEYS_FILE=str(keys))
    running.patch(quota_rps=0.01, quota_burst=1, refusal_cost=0)

    def call(key: str) -> httpx.Response:
        answer: httpx.Response = running.client.get(
            "/v2/payments?reference=x", headers={"Authorization": f"Bearer {key}"}
        )
        return answer

    assert [call("pk_one").status_code, call("pk_one").status_code, call("pk_two").status_code] == [200, 429, 200]
    assert running.metric("partner_tokens") < 0.5
