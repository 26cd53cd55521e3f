"""Each kind says how it is solved, what is wrong, and what one guesses: a proof stands on that."""

import random
from dataclasses import replace
from typing import Any

import pytest
from fakes_received import got
from fakes_run import RunLook, run_on
from fakes_telemetry import T0

from lab.core.errors import UsageError
from lab.core.window import Window
from lab.questions import Fact, Fix, Glance, QuestionKind, Run, questions
from lab.questions.look import words_of

ROUTE = {"service": "gateway", "route": "POST /api/v1/orders"}
EXAMPLE = (
    "${failed} of checkouts fail: these customers cannot complete their order. Browsing works as usual. The share is "
    "${trend}. The payments team is checking where the refusals come from. Next update at ${next_update}."
)
# one of each kind, as a scenario for this run would write it
WRITTEN: dict[str, Any] = {
    "choice": [
        {"answer": "The partner refuses", "right": True},
        {"answer": "The gateway refuses", "because_not": "its spans show that it forwarded the call"},
        {"answer": "The database is slow", "because_not": "its spans take a few milliseconds"},
    ],
    "choices": [
        {"answer": "Those who pay", "right": True},
        {"answer": "Those who pay later", "right": True},
        {"answer": "Those who browse", "because_not": "no request for a product failed"},
        {"answer": "Those who search", "because_not": "no search failed"},
    ],
    "evidence": {
        "accept": [{"log": "service:orders event:payment.refused status:429"}],
        "near": [{"log": "service:orders status:503", "because_not": "It shows what orders answered, not why"}],
    },
    "mitigation": {},
    "number": {"probe": {"error_rate": ROUTE}, "tolerance": {"points": 4}},
    "observed": {"of": {"send": "GET /api/v1/products", "status": 429}, "header": "Retry-After"},
    "order": ["Stop the new calls", "Let the queue drain", "Let calls in again"],
    "rehearsal": {},
    "requests": {
        "steps": [
            {
                "id": "refused",
                "do": "Ask until you are refused.",
                "send": "GET /api/v1/products",
                "example": {"query": {"limit": 5}, "repeat": {"until": 429, "at_most": 3}},
                "wanted": {"status": 429},
            }
        ]
    },
    "status_update": {"trend": {"error_rate": ROUTE}, "example": EXAMPLE},
    "trend": {"probe": {"error_rate": ROUTE}},
}
FIX = Fix("pace", "Pace payments", right=True, works=True, passed=True)


def kind(name: str) -> QuestionKind:
    return questions.read({name: WRITTEN[name]})


@pytest.fixture
def mine(run: Run) -> Run:
    window = run.window("incident")
    share = questions.read({"number": WRITTEN["number"]}).probe.measure(run.telemetry, window)  # type: ignore[attr-defined]
    refused = got("GET /api/v1/products", 429, query={"limit": "5"}, answer={"Retry-After": "4"})
    return replace(
        run,
        fix=FIX,
        received=(refused,),
        facts={"failed": Fact("checkouts that failed", share, f"{share * 100:.0f} %")},
    )


def look_at(run: Run) -> RunLook:
    return RunLook(run, {name: fact.say for name, fact in run.facts.items()})


def test_every_kind_is_tried_here() -> None:
    assert sorted(WRITTEN) == questions.names()


@pytest.mark.parametrize("name", WRITTEN)
def test_what_a_kind_says_is_right_is_graded_right(name: str, mine: Run) -> None:
    grade = kind(name).grade(kind(name).solve(look_at(mine)), mine)
    assert grade.verdict == "right", (grade.feedback, [one.text for one in grade.details if not one.ok])


@pytest.mark.parametrize("name", sorted(set(WRITTEN) - {"mitigation", "requests", "rehearsal"}))
def test_what_a_kind_says_is_wrong_loses_marks_and_says_why(name: str, mine: Run) -> None:
    wrong = kind(name).wrong(mine)
    assert wrong
    for one in wrong:
        grade = kind(name).grade(one.answer, mine)
        said = " ".join([grade.feedback, *(detail.text for detail in grade.details)])
        assert grade.share <= one.most < 1, one
        assert one.why.casefold() in said.casefold(), (one, said)


@pytest.mark.parametrize("name", WRITTEN)
def test_a_guess_is_an_answer_that_can_be_graded(name: str, mine: Run) -> None:
    look_at(mine).rehearse()  # it costs nothing, so one guesses after it
    refs = look_at(mine).logs("", mine.window("incident"), 5)
    for seed in range(20):
        rng = random.Random(seed)
        options = tuple(kind(name).options(rng) or ())
        glance = Glance(rng, "random", options, numbers={"%": [0.1, 0.3]}, refs=refs, texts=["Some customers wait."])
        guess = kind(name).guess(glance)
        assert 0 <= kind(name).grade(guess, replace(mine, options=options)).share <= 1


def test_a_trend_is_read_with_chance_allowed_for(run: Run) -> None:
    steady = questions.read({"trend": {"probe": {"rate": {"service": "gateway"}}}})
    assert steady.solve(look_at(run)) == "holding steady"
    rising = questions.read({"trend": {"probe": {"latency": ROUTE}}})
    assert rising.solve(look_at(run)) == "getting worse"


def test_evidence_that_is_not_there_cannot_be_solved(run: Run) -> None:
    missing = questions.read({"evidence": {"accept": [{"log": "event:meteor.strike"}]}})
    with pytest.raises(UsageError, match="No record"):
        missing.solve(look_at(run))


def test_a_measurement_serves_as_evidence_when_it_holds(run: Run) -> None:
    rate = {"metric": {"status_rate": {"edge": "orders->partner", "status": 429, "above": 0.5}}}
    question = questions.read({"evidence": {"accept": [rate]}})
    assert question.grade(question.solve(look_at(run)), run).verdict == "right"


def test_an_update_without_an_example_cannot_be_solved(run: Run) -> None:
    bare = questions.read({"status_update": {"trend": {"error_rate": ROUTE}}})
    with pytest.raises(UsageError, match="example"):
        bare.solve(look_at(run))


def test_the_revealed_example_tells_this_runs_figures(mine: Run) -> None:
    truth = kind("status_update").truth(mine)
    assert mine.facts["failed"].say in truth.partition("For example:")[2]
    assert "${" not in truth


def test_a_number_is_spoken_without_an_exponent(telemetry: Any) -> None:
    run = run_on(telemetry, {"load": Window(T0 + 60, T0 + 180)})
    question = questions.read({"number": {"probe": {"revenue": {}}, "window": "load"}})
    assert question.grade(question.solve(look_at(run)), run).verdict == "right"


@pytest.mark.parametrize(
    ("picks", "first"),
    [
        ("first", "b is short"),
        ("longest", "a is by far the longest of all of them"),
        ("shortest", "d"),
        ("words", "c speaks of campaign and quota"),
    ],
)
def test_a_guesser_ranks_options_by_looks(picks: Any, first: str) -> None:
    options = ("b is short", "a is by far the longest of all of them", "c speaks of campaign and quota", "d")
    glance = Glance(random.Random(1), picks, options, words=words_of("The spring campaign met our quota"))
    assert glance.ranked()[0] == first


def test_doing_nothing_is_right_only_where_nothing_is_wrong(run: Run) -> None:
    control = questions.read({"mitigation": {"nothing": True}})
    assert control.solve(look_at(run)) == "nothing"
    assert control.grade("nothing", run).verdict == "right"
    tried = replace(run, fix=Fix("retry", "Retry", because_not="It was not needed", passed=True))
    graded = control.grade("nothing", tried)
    assert 0 < graded.share < 1
    assert "not needed" in graded.feedback
    assert kind("mitigation").grade("nothing", run).verdict == "wrong"
    assert kind("mitigation").help() == control.help(), "the help must not tell which of them it is"
