"""How long requests wait."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.core.percentile import nearest_rank
from lab.rules import Memory
from lab.rules.latency import Latency

DRAWS = 100_000


def drawn(count: int = DRAWS, seed: int = 1, **parameters) -> list[float]:
    latency, memory = Latency.model_validate(parameters), Memory(Random(seed))
    return sorted(latency.drawn_ms(memory) for _ in range(count))


def test_a_fixed_delay_is_the_same_each_time():
    assert set(drawn(10, delay="50ms")) == {50.0}


@pytest.mark.parametrize(("median", "p99"), [(80, 400), (20, 30), (5, 1000), (100, 100)])
def test_lognormal_percentiles_are_those_asked_for(median, p99):
    waits = drawn(median=median, p99=p99, at_most="1h")
    p95 = median * (p99 / median) ** (1.6448536269514722 / 2.3263478740408408)
    for percentile, asked in ((50, median), (95, p95), (99, p99)):
        assert nearest_rank(waits, percentile) == pytest.approx(asked, rel=0.03)


def test_normal_draws_have_their_mean_and_deviation_and_are_never_negative():
    waits = drawn(mean="50ms", deviation="10ms")
    assert nearest_rank(waits, 50) == pytest.approx(50, rel=0.01)
    assert nearest_rank(waits, 84.13) == pytest.approx(60, rel=0.02)
    assert min(drawn(1000, mean="10ms", deviation="20ms")) == 0


def test_pareto_draws_have_their_minimum_and_tail():
    waits = drawn(minimum="20ms", shape=2, at_most="1h")
    assert waits[0] >= 20
    assert nearest_rank(waits, 50) == pytest.approx(20 * 2**0.5, rel=0.03)
    assert nearest_rank(waits, 99) == pytest.approx(200, rel=0.05)


def test_no_draw_is_longer_than_the_longest_allowed():
    assert max(drawn(minimum="20ms", shape=0.5, at_most="2s")) == 2000


@given(st.integers(0, 2**32))
def test_draws_follow_the_seed(seed):
    assert drawn(20, seed=seed, median=80, p99=400) == drawn(20, seed=seed, median=80, p99=400)


@pytest.mark.parametrize(("active", "expected"), [(1, 10), (5, 10), (6, 13), (25, 70)])
def test_each_request_under_way_beyond_a_number_makes_it_longer(active, expected):
    latency = Latency.model_validate({"delay": "10ms", "per_active": "3ms", "above": 5})
    assert latency.drawn_ms(Memory(Random(0)), active) == expected


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"median": 10},
        {"p99": 10},
        {"median": 20, "p99": 10},
        {"mean": 10},
        {"minimum": 10},
        {"delay": 10, "median": 10, "p99": 20},
        {"delay": -1},
    ],
)
def test_parameters_that_do_not_fit_together_are_refused(parameters):
    with pytest.raises(ValueError):
        Latency.model_validate(parameters)


def test_the_request_waits_or_the_answer_but_not_both(at_work):
    before = at_work(Latency.model_validate({"delay": "50ms"}))
    assert (before.on_request().waited_s, before.on_answer().waited_s) == (0.05, 0)
    after = at_work(Latency.model_validate({"delay": "50ms", "when": "answer"}))
    assert (after.on_request().waited_s, after.on_answer().waited_s) == (0, 0.05)
