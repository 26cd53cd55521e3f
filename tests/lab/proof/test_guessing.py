"""A thousand draws of each cheap strategy, on a run that was recorded."""

from dataclasses import replace
from typing import Any

import pytest

from lab.proof.recorded import Recorded
from lab.proof.result import Judged
from lab.proof.steps import guessing, wrong
from lab.proof.steps.guessing import DRAWS, STRATEGIES, words_in_view
from lab.questions import questions
from lab.scenario import find
from lab.scenario.model import Question


def played(record: Recorded, draws: int = DRAWS) -> list[guessing.Played]:
    scenario = find("rate-limit")
    file = scenario.file
    view = words_in_view(scenario.texts["brief"], file.title, file.summary, file.pager or "")
    return guessing.observe(record, view, file.pager or "", draws)


def with_questions(record: Recorded, *asked: Question) -> Recorded:
    return replace(record, file=record.file.model_copy(update={"questions": list(asked)}))


def choice(name: str, right: str, *others: str) -> Question:
    reason = "a signal in the run rules it out"
    options: list[dict[str, Any]] = [{"answer": right, "right": True}]
    options += [{"answer": one, "because_not": reason} for one in others]
    return Question(id=name, step="explain", ask="Which?", question=questions.read({"choice": options}))


def test_no_cheap_strategy_passes_rate_limit(record: Recorded) -> None:
    found = played(record)
    assert [one.strategy for one in found] == [one.name for one in STRATEGIES]
    assert all(one.draws == 1000 for one in found)
    assert Judged.of("guessing", guessing.judge(found)).ok, found


def test_some_marks_come_to_whoever_guesses_so_the_draws_are_not_empty(record: Recorded) -> None:
    assert all(0.05 < one.mean < 0.6 for one in played(record, 200))


@pytest.mark.parametrize(
    ("strategy", "asked"),
    [
        ("the longest option", choice("a", "the right one is the longest of them all", "short", "shorter")),
        ("the shortest option", choice("a", "it", "a wrong one", "another wrong one")),
        ("most words of the brief", choice("a", "The spring campaign of Beanline", "tea", "milk")),
        ("anything at random", choice("a", "yes", "no")),
    ],
)
def test_a_lesson_that_a_cheap_strategy_passes_is_refused_by_its_name(
    strategy: str, asked: Question, record: Recorded
) -> None:
    rows = guessing.judge(played(with_questions(record, asked), 300))
    assert strategy in [row.what for row in rows if not row.ok]


def test_the_first_option_is_the_right_one_only_by_chance(record: Recorded) -> None:
    first = next(
        one for one in played(with_questions(record, choice("a", "x", "y", "z", "w")), 400) if "first" in one.strategy
    )
    assert 0.15 < first.passed / first.draws < 0.35, "options are shuffled for every learner"


def test_evidence_that_any_error_proves_is_refused(record: Recorded) -> None:
    asked = questions.read({"evidence": {"accept": [{"log": "level:>=warn"}, {"trace": "status:error"}]}})
    question = Question(id="proof", step="explain", ask="Cite.", question=asked)
    rows = guessing.judge(played(with_questions(record, question), 300))
    assert "the newest error as evidence" in [row.what for row in rows if not row.ok]


def test_a_number_that_stands_on_the_first_screen_is_refused(record: Recorded) -> None:
    asked = questions.read({"number": {"probe": {"orders_lost": {}}, "tolerance": {"share": "90%"}}})
    question = Question(id="lost", step="detect", ask="How many?", question=asked)
    rows = guessing.judge(played(with_questions(record, question), 300))
    assert "numbers seen on the screen" in [row.what for row in rows if not row.ok]


def test_every_wrong_answer_of_a_shipped_lesson_loses_marks_on_record(record: Recorded) -> None:
    tried = wrong.observe(record, seed=1)
    rows = wrong.judge(tried)
    assert Judged.of("wrong", rows).ok, [row.instead for row in rows if not row.ok]
    assert {one.question for one in tried} >= {"size", "direction", "where", "whose", "proof", "update"}
