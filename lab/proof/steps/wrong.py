"""Wrong answers lose marks, and the feedback names the signal that rules them out."""

from dataclasses import dataclass

from lab.core.errors import LabError
from lab.proof.recorded import Recorded
from lab.proof.result import Row
from lab.proof.steps.solver import short
from lab.questions import Wrong

SLACK = 1e-6
BOUND = "all, and told why"


@dataclass(frozen=True)
class Tried:
    """A wrong answer to one question, what it earned and what was said."""

    question: str
    wrong: Wrong
    share: float
    said: str


def observe(recorded: Recorded, seed: int) -> list[Tried]:
    """Grade every wrong answer that a kind knows of."""
    tried = []
    for question in recorded.file.questions:
        run = recorded.asked(question, seed)
        try:
            for wrong in question.question.wrong(run):
                grade = question.question.grade(wrong.answer, run)
                told = " ".join([grade.feedback, *(detail.text for detail in grade.details)])
                tried.append(Tried(question.id, wrong, grade.share, told))
        except LabError as error:
            tried.append(Tried(question.id, Wrong(None), 1.0, f"{error.what} {error.hint}"))
    return tried


def judge(tried: list[Tried]) -> list[Row]:
    """Each wrong answer must earn little enough and be told why: in all, and one row a question."""
    bad = [one for one in tried if _instead(one)]
    total = Row(f"{len(tried)} wrong answers", f"{len(tried) - len(bad)} refused", BOUND, not bad and bool(tried))
    rows = [total] if not bad else []
    for question in dict.fromkeys(one.question for one in tried):
        mine = [one for one in tried if one.question == question]
        wrong = [one for one in bad if one.question == question]
        instead = _instead(wrong[0]) if wrong else ""
        said = f"{len(mine) - len(wrong)} of {len(mine)}"
        rows.append(Row(f"{question}: refused", said, BOUND, not wrong, instead, key=False))
    return rows


def _instead(one: Tried) -> str:
    if one.wrong.answer is None:
        return one.said
    answer = short(one.wrong.answer, 120)
    if one.share > one.wrong.most + SLACK:
        return f"{answer!r} earned {one.share:.0%} of the points, and {one.wrong.most:.0%} at most was expected."
    if one.wrong.why.casefold() not in one.said.casefold() or not one.said.strip():
        return f"{answer!r} was not told why: {one.said!r}"
    return ""
