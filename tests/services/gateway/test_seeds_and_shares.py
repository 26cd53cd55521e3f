"""What a process shows only roughly: the seed of the jitter, the share that opens the breaker, the rate factor."""

import time
from typing import Any

import pytest

from services.gateway.breaker import Breaker, State
from services.gateway.retry import Retries
from services.gateway.settings import Settings


def pauses(retries: Retries, settings: Settings) -> list[float]:
    """The pauses of ten first retries."""
    return [retries.pause_s(settings, 1) for _ in range(10)]


def test_the_seed_says_what_the_pauses_are() -> None:
    seven, eight = Settings(jitter_seed=7), Settings(jitter_seed=8)
    retries = Retries(seven)
    first = pauses(retries, seven)
    other = pauses(retries, eight)
    assert pauses(retries, seven) == first != other


def test_each_pause_is_twice_the_one_before() -> None:
    settings = Settings(backoff_ms=20, jitter=0)
    retries = Retries(settings)
    assert [retries.pause_s(settings, attempt) for attempt in (1, 2, 3)] == [0.02, 0.04, 0.08]


def test_pauses_stay_within_the_jitter() -> None:
    settings = Settings(backoff_ms=100, jitter=0.2)
    drawn = pauses(Retries(settings), settings)
    assert all(0.08 <= pause <= 0.12 for pause in drawn)
    assert len(set(drawn)) == 10


@pytest.mark.parametrize(("share", "opens"), [(0.5, True), (0.6, False)])
def test_the_breaker_opens_at_its_share_of_failures(share: float, opens: bool) -> None:
    changes: list[State] = []
    breaker = Breaker(changes.append)
    for number in range(20):
        breaker.record(number % 2 == 1, time.monotonic(), failure_share=share, min_calls=20, open_s=5)
    assert changes == (["open"] if opens else [])


def test_a_call_from_before_the_breaker_opened_does_not_close_it() -> None:
    changes: list[State] = []
    breaker = Breaker(changes.append)
    bounds: dict[str, Any] = {"failure_share": 0.5, "min_calls": 1, "open_s": 0.01}
    long_ago = time.monotonic()
    breaker.record(True, time.monotonic(), **bounds)
    time.sleep(0.02)
    assert breaker.refuses_for(0.01) == 0
    breaker.record(False, long_ago, **bounds)
    assert breaker.state == "half open"
    breaker.record(False, time.monotonic(), **bounds)
    assert changes == ["open", "closed"]


def test_the_factor_multiplies_the_rate_too(gateway: Any, get: Any, eventually: Any) -> None:
    gateway.patch(default_rate_rps=0.5, default_burst=1, rate_factor=3)
    refused = eventually(lambda: answer if (answer := get()).status_code == 429 else None)
    assert "1.5 requests a second" in refused.json()["detail"]
