"""A token bucket by a clock that the test moves: what it lets through, and what a refusal costs."""

from services.chassis.bucket import TokenBucket


class Clock:
    """Seconds that pass when told."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def let_through(seconds: int, every_s: float, rate: float, burst: float, refusal_cost: float = 0.0) -> int:
    """How many of the calls that come every so often are let through after the first burst."""
    clock = Clock()
    bucket = TokenBucket(clock)
    while bucket.take(rate, burst):
        pass
    passed = 0
    for number in range(1, round(seconds / every_s) + 1):
        clock.now = number * every_s
        passed += bucket.take(rate, burst, refusal_cost)
    return passed


def test_what_is_let_through_is_the_rate() -> None:
    assert 199 <= let_through(10, 0.001, rate=20, burst=2) <= 200


def test_who_keeps_to_the_rate_is_never_refused() -> None:
    assert let_through(10, 0.0501, rate=20, burst=2) == round(10 / 0.0501)


def test_the_more_a_refusal_costs_the_less_is_let_through() -> None:
    passed = [let_through(10, 0.01, rate=20, burst=1, refusal_cost=cost) for cost in (0, 0.1, 0.2)]
    assert passed[0] > passed[1] > passed[2]


def test_it_holds_a_burst_and_no_more_however_long_nobody_comes() -> None:
    clock = Clock()
    bucket = TokenBucket(clock)
    for clock.now in (0, 1000):
        assert [bucket.take(1, 3) for _ in range(5)] == [True] * 3 + [False] * 2
