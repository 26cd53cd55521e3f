"""choice, choices and order: letters, texts, partial credit, and no reward for guessing."""

import itertools
import random
from typing import Any

import pytest
from pydantic import ValidationError

from lab.core.errors import UsageError
from lab.questions import Run, questions

OPTIONS = [
    {"answer": "Alpha is right", "right": True, "because": "the log says alpha"},
    {"answer": "Beta is not", "because_not": "beta would show in the trace"},
    {"answer": "Gamma is not", "because_not": "gamma was switched off"},
    {"answer": "Delta is right too", "right": True},
]


@pytest.mark.parametrize("answer", ["c", "C", "c)", "(c)", " c. ", "Alpha is right", "alpha IS right"])
def test_a_letter_or_the_text_names_the_option(run: Run, answer: str) -> None:
    question = questions.read({"choice": OPTIONS[:3]})
    grade = question.grade(answer, lettered(run, ["Beta is not", "Gamma is not", "Alpha is right"]))
    assert grade.verdict == "right"
    assert "the log says alpha" in grade.feedback


def test_a_wrong_choice_says_which_signal_rules_it_out_and_keeps_the_answer_back(run: Run) -> None:
    grade = questions.read({"choice": OPTIONS[:3]}).grade("b", run)
    assert grade.verdict == "wrong"
    assert "beta would show in the trace" in grade.feedback
    assert "Alpha" not in grade.feedback
    assert grade.truth is None


def test_the_revealed_choice_rules_out_every_other_option(run: Run) -> None:
    truth = questions.read({"choice": OPTIONS[:3]}).truth(run)
    assert truth.startswith("Alpha is right.")
    assert "gamma was switched off" in truth
    assert "beta would show in the trace" in truth


@pytest.mark.parametrize("answer", ["d", "ab", "1", "", None, 3, ["a"], {"a": 1}])
def test_what_is_no_option_costs_nothing_and_says_what_to_write(run: Run, answer: Any) -> None:
    with pytest.raises(UsageError) as caught:
        questions.read({"choice": OPTIONS[:3]}).grade(answer, run)
    assert "a to c" in caught.value.hint


@pytest.mark.parametrize(
    ("answer", "share"),
    [("a, d", 1.0), (["d", "a"], 1.0), ("a", 0.5), ("a b", 0.0), ("a,d,b", 0.5), ("b;c", 0.0), ("a,b,c,d", 0.0)],
)
def test_choices_pay_right_ticks_and_charge_wrong_ones(run: Run, answer: Any, share: float) -> None:
    grade = questions.read({"choices": OPTIONS}).grade(answer, run)
    assert grade.share == share
    for detail in grade.details:
        assert detail.ok == ("right" in detail.text)


def test_ticking_everything_or_at_random_never_pays() -> None:
    """Over all subsets the share is nothing for all and none, and a quarter on average at most."""
    for right in range(1, 5):
        options = [{"answer": f"r{n}", "right": True} for n in range(right)]
        options += [{"answer": f"w{n}", "because_not": "no"} for n in range(5 - right)]
        question = questions.read({"choices": options})
        run = Run(None, {})  # type: ignore[arg-type]  # options alone decide here
        shares = [
            question.grade(list(ticked), run).share
            for size in range(1, 6)
            for ticked in itertools.combinations("abcde", size)
        ]
        assert question.grade("a b c d e", run).share == 0
        assert sum(shares) / len(shares) < 0.3


def test_twice_the_same_letter_is_refused(run: Run) -> None:
    with pytest.raises(UsageError, match="named twice"):
        questions.read({"choices": OPTIONS}).grade("a,a", run)


def test_an_order_counts_neighbours(run: Run) -> None:
    question = questions.read({"order": {"steps": ["one", "two", "three", "four"], "because": "it builds up"}})
    assert question.grade("a b c d", run).share == 1
    assert question.grade("b c d a", run).share == pytest.approx(2 / 3, abs=0.001)
    assert question.grade("d c b a", run).share == 0
    mixed = lettered(run, ["four", "two", "one", "three"])
    grade = question.grade(["c", "b", "d", "a"], mixed)
    assert grade.verdict == "right"
    assert "it builds up" in grade.feedback
    with pytest.raises(UsageError, match="2 of 4"):
        question.grade("a b", run)


def test_guessing_an_order_pays_little_on_average(run: Run) -> None:
    question = questions.read({"order": ["one", "two", "three", "four", "five"]})
    rng = random.Random(4)
    total = 0.0
    for _ in range(300):
        letters = list("abcde")
        rng.shuffle(letters)
        total += question.grade(letters, run).share
    assert total / 300 < 0.27


@pytest.mark.parametrize(
    "written",
    [
        {"choice": [{"answer": "x", "right": True}, {"answer": "y"}]},
        {"choice": [{"answer": "x", "right": True}, {"answer": "y", "right": True}]},
        {"choice": [{"answer": "x", "because_not": "a"}, {"answer": "y", "because_not": "b"}]},
        {"choice": [{"answer": "x", "right": True, "because_not": "a"}, {"answer": "y", "because_not": "b"}]},
        {"choice": [{"answer": "x", "right": True}, {"answer": "X", "because_not": "b"}]},
        {"choices": [{"answer": "x", "right": True}, {"answer": "y", "right": True}]},
        {"order": ["one", "two"]},
        {"order": ["one", "two", "Two"]},
        {"choice": []},
    ],
)
def test_a_question_that_could_not_teach_is_refused_when_it_is_read(written: Any) -> None:
    with pytest.raises(ValidationError):
        questions.read(written)


def lettered(run: Run, options: list[str]) -> Run:
    return Run(run.telemetry, run.windows, options=tuple(options))
