"""Verdicts: plain words that do not claim more than the numbers carry."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.telemetry import Business, Red
from lab.telemetry.verdict import business_verdict, findings, health, red_verdict, times_in_words


def red(requests: int = 1000, errors: int = 0, p95: float = 100.0, rate: float = 20.0) -> Red:
    """Numbers of one window."""
    share = errors / requests if requests else float("nan")
    return Red(requests, rate, errors, share, p95 / 2, p95, p95 * 2, p95 / 2)


@pytest.mark.parametrize(
    ("now", "baseline", "earlier", "later", "says"),
    [
        (red(), red(), red(), red(), "as in the baseline"),
        (
            red(errors=120),
            red(errors=40),
            red(500, 30),
            red(500, 90),
            "errors 12 %, three times the baseline, getting worse",
        ),
        (
            red(p95=1800),
            red(p95=300),
            red(p95=1790),
            red(p95=1810),
            "p95 1.80 s, six times the baseline, steady",
        ),
        (red(errors=120), red(), None, None, "errors 12 %, none in the baseline"),
        (red(errors=120), red(), red(500, 90), red(500, 30), "errors 12 %, none in the baseline, getting better"),
        (red(errors=1), red(), None, None, "as in the baseline"),
        (red(errors=6), red(errors=4), None, None, "as in the baseline"),
        (red(p95=25), red(p95=8), None, None, "as in the baseline"),
        (red(rate=80), red(), None, None, "traffic four times the baseline"),
        (red(rate=5), red(), None, None, "traffic down to 25 % of the baseline"),
        (
            red(errors=200, p95=900),
            red(errors=10, p95=300),
            None,
            None,
            "errors 20 %, 20 times the baseline; p95 900 ms, three times the baseline",
        ),
        (red(0), red(), None, None, "no requests at all; the baseline had some"),
        (red(0), None, None, None, "no requests"),
        (red(3, 2), red(), None, None, "only 3 requests, 2 failed: too few to judge"),
        (red(1), red(), None, None, "only 1 request, none failed: too few to judge"),
        (red(errors=30), None, None, None, "errors 3.0 %"),
        (red(), None, None, None, "errors 0 %, p95 100 ms, no baseline to compare with"),
        (red(), red(5, 5), None, None, "errors 0 %, p95 100 ms, no baseline to compare with"),
    ],
)
def test_a_scope_s_numbers_in_words(
    now: Red, baseline: Red | None, earlier: Red | None, later: Red | None, says: str
) -> None:
    assert red_verdict(now, baseline, earlier, later) == says


def test_each_number_has_its_own_finding() -> None:
    found = findings(red(errors=200, p95=900, rate=80), red(errors=10, p95=300))
    assert found.traffic == "traffic four times the baseline"
    assert found.errors == "errors 20 %, 20 times the baseline"
    assert found.duration == "p95 900 ms, three times the baseline"


@pytest.mark.parametrize(
    ("now", "baseline", "says"),
    [
        (red(errors=120, p95=1800), red(), "failing"),
        (red(p95=1800), red(p95=300), "slow"),
        (red(rate=80), red(), "usual"),
        (red(3, 2), red(), "few"),
        (red(0), red(), "quiet"),
        (red(p95=1800), None, "usual"),
    ],
)
def test_health_is_one_word(now: Red, baseline: Red | None, says: str) -> None:
    assert health(now, baseline) == says


def test_a_trend_is_not_claimed_from_a_handful_of_requests() -> None:
    says = red_verdict(red(40, 20), red(), red(10, 2), red(30, 18))
    assert says == "errors 50 %, none in the baseline"


def test_chance_is_no_trend() -> None:
    assert red_verdict(red(200, 22), red(), red(100, 10), red(100, 12)).endswith("steady")


def half(times_ms: list[float]) -> Red:
    """The numbers of a half that took so long."""
    ordered = sorted(times_ms)
    p50, p95, p99 = (ordered[math.ceil(share * len(ordered)) - 1] for share in (0.5, 0.95, 0.99))
    return Red(len(ordered), 20.0, 0, 0.0, p50, p95, p99, p50)


@pytest.mark.parametrize("requests", [20, 60, 150, 600])
@pytest.mark.parametrize(("grows", "most", "least"), [(1.0, 0.1, 0.0), (3.0, 1.0, 0.5)])
def test_chance_moves_no_p95_but_what_really_grows_does(requests: int, grows: float, most: float, least: float) -> None:
    rng, claimed = random.Random(requests), 0
    for _ in range(300):
        earlier = [rng.lognormvariate(6, 0.65) for _ in range(requests)]
        later = [rng.lognormvariate(6, 0.65) * grows for _ in range(requests)]
        says = findings(red(p95=1800), red(p95=300), half(earlier), half(later)).duration
        claimed += says.endswith(("getting worse", "getting better"))
    assert least <= claimed / 300 <= most


@pytest.mark.parametrize(
    ("now", "baseline", "says"),
    [
        (
            Business(attempts=300, lost=41, customers_affected=23, revenue_per_min=50),
            Business(attempts=200, revenue_per_min=100),
            "41 of 300 orders lost (14 %), 23 customers affected, revenue half of the baseline",
        ),
        (Business(attempts=1, lost=1, customers_affected=1), None, "1 of 1 order lost (100 %), 1 customer affected"),
        (Business(attempts=50), Business(attempts=50), "no order lost, as in the baseline"),
        (Business(attempts=50), None, "no order lost"),
        (Business(), Business(attempts=9), "nobody tried to order; in the baseline people did"),
        (Business(), None, "nobody tried to order"),
        (
            Business(attempts=50, pending=12, oldest_pending_s=83, revenue_per_min=0),
            Business(attempts=50, revenue_per_min=100),
            "12 orders wait for payment, the oldest for 83 s, no revenue",
        ),
        (
            Business(attempts=100, lost=3),
            Business(attempts=100, lost=2),
            "3 of 100 orders lost (3.0 %), as in the baseline",
        ),
    ],
)
def test_business_numbers_in_words(now: Business, baseline: Business | None, says: str) -> None:
    assert business_verdict(now, baseline) == says


@pytest.mark.parametrize(
    ("ratio", "says"),
    [
        (1.2, ""),
        (1.6, "one and a half times"),
        (2.2, "twice"),
        (8.4, "eight times"),
        (12.4, "12 times"),
        (5000, "more than 100 times"),
        (float("inf"), ""),
        (float("nan"), ""),
    ],
)
def test_how_many_times(ratio: float, says: str) -> None:
    assert times_in_words(ratio) == says


_reds = st.builds(
    lambda requests, share, p95, rate: red(requests, round(requests * share), p95, rate),
    st.integers(0, 5000),
    st.floats(0, 1),
    st.floats(0.1, 1e5),
    st.floats(0.01, 1e4),
)


@given(_reds, st.none() | _reds, st.none() | _reds, st.none() | _reds)
def test_any_numbers_make_a_sentence(now: Red, baseline: Red | None, earlier: Red | None, later: Red | None) -> None:
    says = red_verdict(now, baseline, earlier, later)
    assert says
    assert "nan" not in says
    assert "inf" not in says
