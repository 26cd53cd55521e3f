"""Somebody who uses only what a learner can see gets full marks, at the first try."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from lab.core.errors import LabError
from lab.proof.look import ConsoleLook
from lab.proof.result import Row
from lab.questions.number import Number
from lab.scenario import ScenarioFile
from lab.scenario.model import Question

SHOWN = 34


@dataclass(frozen=True)
class Answered:
    """One question, the answer that was found, and what it earned."""

    question: str
    answer: Any
    earned: float
    of: int
    feedback: str = ""


def needs_fix(question: Question) -> bool:
    """Whether it can only be answered once a mitigation has been proved."""
    return question.step in ("act", "prove") or getattr(question.question, "window", "") == "load"


def split(file: ScenarioFile) -> tuple[list[Question], list[Question]]:
    """The questions that can be answered while it is broken, and those about the fix."""
    later = [one for one in file.questions if needs_fix(one)]
    return [one for one in file.questions if one not in later], later


def solve(look: ConsoleLook, questions: Iterable[Question]) -> list[Answered]:
    """Find and give every answer, in the ladder's order."""
    return [_solve(look, question) for question in questions]


def _solve(look: ConsoleLook, question: Question) -> Answered:
    answer: Any = None
    try:
        answer = question.question.solve(look)
        graded = look.answer(question.id, answer)
    except LabError as error:
        return Answered(question.id, answer, 0.0, question.points, f"{error.what} {error.hint}")
    told = [graded["feedback"]]
    told += [one["text"] for one in graded["details"] if not one["ok"] and one["text"] not in told[0]]
    return Answered(question.id, answer, float(graded["earned"]), int(graded["of"]), " ".join(told))


def judge(answered: Iterable[Answered]) -> list[Row]:
    """Full marks for each."""
    return [
        Row(
            f"{one.question}: {short(one.answer)}",
            f"{one.earned:g} points",
            f"{one.of:g}",
            one.earned == one.of,
            "" if one.earned == one.of else f"The answer {short(one.answer, 200)!r} was told: {one.feedback}",
        )
        for one in answered
    ]


def numbers(answered: Iterable[Answered], file: ScenarioFile) -> dict[str, str]:
    """The right numbers of this run, by question."""
    asked = {question.id for question in file.questions if isinstance(question.question, Number)}
    return {one.question: str(one.answer) for one in answered if one.question in asked}


def short(answer: Any, width: int = SHOWN) -> str:
    """An answer in one short line."""
    text = ", ".join(map(str, answer)) if isinstance(answer, list | tuple) else str(answer)
    text = " ".join(text.split())
    return text if len(text) <= width else text[: width - 1] + "…"
