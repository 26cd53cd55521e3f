"""The quota refuses at the rate it states, and a refusal costs a part."""

import time
from collections import Counter
from typing import Any

import httpx

KEY = {"Authorization": "Bearer pk_test_beanline"}


def hammer(paylane: Any, seconds: float) -> Counter[int]:
    """Statuses of calls sent one after another for so long."""
    statuses: Counter[int] = Counter()
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        statuses[paylane.client.get("/v2/payments?reference=x", headers=KEY).status_code] += 1
    return statuses


def empty(paylane: Any) -> None:
    """Use the quota up."""
    while paylane.client.get("/v2/payments?reference=x", headers=KEY).status_code != 429:
        pass


def test_what_exceeds_the_quota_is_429_and_says_when_to_come_back(paylane: Any) -> None:
    paylane.patch(quota_rps=0.5, quota_burst=2, refusal_cost=0)
    empty(paylane)
    answer = paylane.client.get("/v2/payments?reference=x", headers=KEY)
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["retry-after"]) <= 2
    assert answer.headers["x-ratelimit-limit"] == "0.5"
    assert answer.headers["x-ratelimit-remaining"] == "0"
    assert int(answer.headers["x-ratelimit-reset"]) >= time.time()
    assert answer.json()["title"] == "Quota exceeded"
    assert "0.5 calls a second" in answer.json()["detail"]
    assert paylane.metric('partner_refused_total{reason="quota"}') >= 1


def test_what_is_let_through_is_the_rate_stated(paylane: Any) -> None:
    paylane.patch(quota_rps=20, quota_burst=1, refusal_cost=0)
    empty(paylane)
    statuses = hammer(paylane, 2.0)
    assert 34 <= statuses[200] <= 41  # 40; a busy machine may miss a few
    assert statuses[429] > statuses[200]


def test_refusals_that_cost_let_less_through_the_harder_one_hammers(paylane: Any) -> None:
    paylane.patch(quota_rps=20, quota_burst=1, refusal_cost=0)
    empty(paylane)
    free = hammer(paylane, 1.0)[200]
    paylane.patch(refusal_cost=0.2)
    costly = hammer(paylane, 1.0)[200]
    assert costly < free / 2


def test_a_caller_who_keeps_to_the_quota_is_never_refused(paylane: Any) -> None:
    paylane.patch(quota_rps=20, quota_burst=2)
    time.sleep(0.2)
    statuses = []
    for number in range(30):
        time.sleep(max(0.0, 0.06 - 0.001 * (number % 3)))
        statuses.append(paylane.client.get("/v2/payments?reference=x", headers=KEY).status_code)
    assert set(statuses) == {200}


def test_the_burst_is_the_rate_unless_it_is_stated(paylane: Any) -> None:
    def at_once() -> int:
        statuses = [paylane.client.get("/v2/payments?reference=x", headers=KEY).status_code for _ in range(12)]
        return statuses.count(200)

    paylane.patch(quota_rps=5, quota_burst=0, refusal_cost=0)
    time.sleep(1.05)
    assert 5 <= at_once() <= 7
    paylane.patch(quota_rps=5, quota_burst=9)
    time.sleep(1.9)
    assert 9 <= at_once() <= 11


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
