"""Directions, with a band in which chance decides."""

import math
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fakes_run import INCIDENT, NOW, run_on
from fakes_telemetry import T0, checkout, log, request

from lab.core.clock import ManualClock
from lab.core.errors import UsageError
from lab.core.window import Window
from lab.probes import Probe
from lab.questions import Run, questions
from lab.questions.trend import Trend
from lab.telemetry import Store, Telemetry

LATENCY = {"latency": {"service": "gateway", "route": "POST /api/v1/orders", "percentile": 95}}
ERRORS = {"error_rate": {"service": "gateway", "route": "POST /api/v1/orders"}}


@pytest.mark.parametrize("word", ["worse", "Getting worse", "worsening", "c"])
def test_growing_waiting_times_are_getting_worse(run: Run, word: str) -> None:
    question = questions.read({"trend": {"probe": LATENCY}})
    grade = question.grade(word, run)
    assert grade.verdict == "right"
    assert "in the healthy baseline it was" in grade.feedback


@pytest.mark.parametrize("word", ["better", "steady", "the same"])
def test_another_direction_is_wrong_and_says_how_to_see_it(run: Run, word: str) -> None:
    grade = questions.read({"trend": {"probe": LATENCY}}).grade(word, run)
    assert grade.verdict == "wrong"
    assert "lab metrics" in grade.feedback
    assert "worse" not in grade.feedback


def test_an_error_share_that_only_scatters_is_steady(run: Run) -> None:
    assert questions.read({"trend": {"probe": ERRORS}}).grade("steady", run).verdict == "right"
    assert questions.read({"trend": {"probe": ERRORS}}).grade("better", run).verdict == "wrong"


def test_the_cited_window_is_the_one_that_counts(telemetry: Telemetry) -> None:
    """Before and after the campaign began, the rate rises; later it does not."""
    rate = questions.read({"trend": {"probe": {"rate": {"service": "gateway"}}, "more_is": "worse"}})
    begins = run_on(telemetry, {"incident": Window(T0, T0 + 180), "cited": Window(T0 + 30, T0 + 90)})
    assert rate.grade("worse", begins).verdict == "right"
    assert rate.grade("steady", run_on(telemetry)).verdict == "right"


def test_more_can_be_good_news(telemetry: Telemetry) -> None:
    revenue = questions.read({"trend": {"probe": {"revenue": {}}}})
    begins = run_on(telemetry, {"incident": Window(T0, T0 + 180), "cited": Window(T0 + 30, T0 + 90)})
    assert revenue.grade("better", begins).verdict == "right"


@pytest.mark.parametrize("answer", ["up", "", None, 1, ["better"]])
def test_other_words_are_refused(run: Run, answer: Any) -> None:
    with pytest.raises(UsageError) as caught:
        questions.read({"trend": {"probe": LATENCY}}).grade(answer, run)
    assert caught.value.hint == "Answer better, worse or steady."


def _directions(tmp_path: Path, ms_at: Callable[[int], float]) -> tuple[str, ...]:
    store = Store(tmp_path / "telemetry.db", clock=ManualClock(NOW))
    store.add_spans([request(200, service="gateway", at=60 + n / 10, ms=ms_at(n)) for n in range(1200)])
    trend = Trend.model_validate({"probe": {"latency": {"service": "gateway", "percentile": 50}}, "guard": "20%"})
    found = trend.directions(run_on(Telemetry(store)), INCIDENT)
    store.close()
    return found


@pytest.mark.parametrize(
    ("later", "accepted"),
    [
        (1.0, {"holding steady"}),
        (1.1, {"holding steady"}),
        (1.22, {"holding steady", "getting worse"}),
        (1.28, {"getting worse", "holding steady"}),
        (1.6, {"getting worse"}),
        (0.5, {"getting better"}),
    ],
)
def test_close_to_the_guard_both_answers_are_right(tmp_path: Path, later: float, accepted: set[str]) -> None:
    assert set(_directions(tmp_path, lambda n: 100.0 if n < 600 else 100.0 * later)) == accepted


@pytest.mark.parametrize(
    ("later", "accepted"), [(1.22, ("holding steady", "getting worse")), (1.28, ("getting worse", "holding steady"))]
)
def test_the_likelier_direction_comes_first(tmp_path: Path, later: float, accepted: tuple[str, ...]) -> None:
    """Who answers by it has room on both sides, when the next record comes in before the grading."""
    assert _directions(tmp_path, lambda n: 100.0 if n < 600 else 100.0 * later) == accepted


def test_who_looked_a_moment_ago_is_right_as_well(tmp_path: Path) -> None:
    """A handful of events in seven seconds: each new one moves both halves, and what chance is thought to do."""
    rng = random.Random(7)
    trend = Trend.model_validate({"probe": {"log_count": {"where": "service:orders"}}})
    turned = 0
    for number in range(30):
        store = Store(tmp_path / f"{number}.db", clock=ManualClock(NOW))
        store.add_logs([log(at=60 + n / 10) for n in range(80) if rng.random() < 0.2 * (0.5 + n / 80)])
        for tenths in range(60, 78):
            looked, graded = Window(T0 + 60, T0 + 60 + tenths / 10), Window(T0 + 60, T0 + 60.4 + tenths / 10)
            said = trend.directions(run_on(Telemetry(store)), looked)[0]
            run = run_on(Telemetry(store), {"incident": graded})
            turned += said not in trend.directions(run, graded)
            assert said in trend.accepted(run), (number, tenths)
        store.close()
    assert turned, "else this shows nothing"


class _Eyes:
    """What one sees of a run right now; the newest second has not come in yet."""

    def __init__(self, telemetry: Telemetry, incident: Window) -> None:
        self._telemetry = telemetry
        self._incident = incident

    def window(self, _name: str) -> Window:
        return self._incident

    def measure(self, probe: Probe, window: Window) -> float:
        known = min(window.end_s, self._incident.end_s - 1)
        return probe.measure(self._telemetry, Window(window.start_s, known)) if known > window.start_s else math.nan


def test_what_is_seen_in_the_first_seconds_is_right_a_moment_later(tmp_path: Path) -> None:
    """Few customers wait longer and longer: a median of a handful jumps with each one that comes in."""
    rng = random.Random(11)
    trend = Trend.model_validate({"probe": LATENCY | {"latency": LATENCY["latency"] | {"percentile": 50}}})
    turned = answered = refused = 0
    for number in range(60):
        store = Store(tmp_path / f"{number}.db", clock=ManualClock(NOW))
        store.add_spans(
            [checkout(201, at=60 + n / 10, ms=100 + 30 * n * rng.random()) for n in range(70) if rng.random() < 0.3]
        )
        for tenths in range(42, 62):
            looked, graded = Window(T0 + 60, T0 + 60 + tenths / 10), Window(T0 + 60, T0 + 60.2 + tenths / 10)
            try:
                said = trend.solve(_Eyes(Telemetry(store), looked))  # type: ignore[arg-type]  # all that it needs
            except UsageError:
                continue  # too little data
            answered += 1
            run = run_on(Telemetry(store), {"incident": graded})
            turned += said not in trend.directions(run, graded)
            refused += said not in trend.accepted(run)
        store.close()
    assert turned > 0.1 * answered, "else this shows nothing"
    assert refused < 0.005 * answered


def _turned(store: Store, seconds_ago: float) -> Run:
    """Two minutes after a turn: slower and slower until then, and as quick as ever since."""
    turn = NOW - seconds_ago
    ms = [100.0 if T0 + 60 + n / 10 < turn - 30 else 400.0 if T0 + 60 + n / 10 < turn else 20.0 for n in range(1200)]
    store.add_spans([request(200, service="gateway", at=60 + n / 10, ms=ms[n]) for n in range(1200)])
    return run_on(Telemetry(store))


@pytest.mark.parametrize(("seconds_ago", "worse"), [(18, "right"), (35, "wrong")])
def test_a_direction_that_turned_while_the_learner_was_writing_is_right(
    tmp_path: Path, seconds_ago: float, worse: str
) -> None:
    store = Store(tmp_path / "telemetry.db", clock=ManualClock(NOW))
    run = _turned(store, seconds_ago)
    trend = questions.read({"trend": {"probe": {"latency": {"service": "gateway", "percentile": 50}}}})
    assert trend.grade("worse", run).verdict == worse
    store.close()


@pytest.mark.parametrize("seed", range(8))
def test_a_few_events_that_come_by_chance_are_steady(tmp_path: Path, seed: int) -> None:
    """Some forty in two minutes: one half may well have six more than the other."""
    rng = random.Random(seed)
    store = Store(tmp_path / "telemetry.db", clock=ManualClock(NOW))
    store.add_logs([log(at=60 + n / 10) for n in range(1200) if rng.random() < 1 / 30])
    trend = Trend.model_validate({"probe": {"log_count": {"where": "service:orders"}}})
    assert "holding steady" in trend.directions(run_on(Telemetry(store)), INCIDENT)
    store.close()


def test_three_times_as_many_events_are_getting_worse(tmp_path: Path) -> None:
    store = Store(tmp_path / "telemetry.db", clock=ManualClock(NOW))
    store.add_logs([log(at=60 + n) for n in range(60) if n % 3 == 0] + [log(at=120 + n) for n in range(60)])
    trend = Trend.model_validate({"probe": {"log_count": {"where": "service:orders"}}})
    assert trend.directions(run_on(Telemetry(store)), INCIDENT) == ("getting worse",)
    store.close()
