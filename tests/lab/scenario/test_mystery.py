"""The mystery: its four causes are told in the same words, and a start can leave the difficult ones out."""

from typing import Any

import pytest

from lab.core.errors import UsageError
from lab.scenario import Scenario, Variant, draw, draw_by_chance, find
from lab.scenario.variants import levels_of

FEW = 6


@pytest.fixture(scope="module")
def mystery() -> Scenario:
    return find("mystery")


@pytest.fixture(scope="module")
def four(mystery: Scenario) -> list[Variant]:
    return [draw(mystery, seed) for seed in range(4)]


def said_before_anything_is_answered(variant: Variant) -> dict[str, Any]:
    file = variant.file
    return {
        "head": (file.title, file.summary, file.level, file.minutes, file.skills),
        "texts": (variant.text("brief"), variant.text("pager")),
        "history": file.history,
        "system": (file.setup[1:], file.traffic, file.load, file.windows, file.symptoms, file.slo),
        "questions": [(one.id, one.ask, one.points, sorted(_options(one.question))) for one in file.questions],
        "mitigations": [(one.id, one.text, one.detail) for one in file.mitigations],
        "hints": [one.price for one in file.hints],
    }


def _options(question: Any) -> list[str]:
    return [option.answer for option in getattr(question, "listed", ())]


def test_whatever_is_drawn_is_told_in_the_same_words(four: list[Variant]) -> None:
    first, *others = map(said_before_anything_is_answered, four)
    assert all(one == first for one in others)


def test_neighbouring_seeds_draw_the_four_causes(mystery: Scenario, four: list[Variant]) -> None:
    assert len({one.values["what_it_was"] for one in four}) == 4
    assert draw(mystery, 4).values["what_it_was"] == four[0].values["what_it_was"]


def test_each_cause_is_the_right_answer_of_its_own_draw_only(four: list[Variant]) -> None:
    asked: list[Any] = [next(one.question for one in each.file.questions if one.id == "why") for each in four]
    rights = [[option.answer for option in question.listed if option.right] for question in asked]
    assert all(len(one) == 1 for one in rights)
    assert len({one[0] for one in rights}) == 4


@pytest.mark.parametrize(
    ("level", "drawn"),
    [
        ("beginner", {"beginner"}),
        ("intermediate", {"beginner", "intermediate"}),
        ("advanced", {"beginner", "intermediate", "advanced"}),
    ],
)
def test_a_level_leaves_out_what_is_more_difficult(mystery: Scenario, level: str, drawn: set[str]) -> None:
    assert {draw_by_chance(mystery, level).values["difficulty"] for _ in range(FEW)} <= drawn


def test_a_level_can_be_asked_for_where_there_are_more_draws_than_seeds(
    mystery: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lab.scenario.variants.MOST_SEED", 3)
    assert draw_by_chance(mystery, "beginner").values["difficulty"] == "beginner"


def test_the_levels_one_can_ask_for_are_known(mystery: Scenario) -> None:
    assert levels_of(mystery) == ["beginner", "intermediate", "advanced"]
    assert levels_of(find("rate-limit")) == []


@pytest.mark.parametrize(("scenario", "level"), [("rate-limit", "beginner"), ("mystery", "tutorial")])
def test_a_level_that_changes_nothing_is_refused_with_what_to_do(scenario: str, level: str) -> None:
    with pytest.raises(UsageError, match="cannot be drawn by the level") as refused:
        draw_by_chance(find(scenario), level)
    assert "Choose one of" in refused.value.hint or "leave the level out" in refused.value.hint
