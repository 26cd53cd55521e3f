"""A mitigation in a lab of its own: broken, mended by it alone, load tested, answered for."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from lab.core.errors import EnvironmentLacks, LabError
from lab.proof.desk import Desk
from lab.proof.look import ConsoleLook
from lab.proof.result import Row
from lab.proof.steps import fixes, solver
from lab.questions.mitigation import Mitigated
from lab.scenario import Variant
from lab.scenario.model import Mitigation, Question


@dataclass(frozen=True)
class Tried:
    """What a trial showed: rows, and the right numbers of the questions about the fix."""

    mitigation: str
    works: bool
    rows: tuple[Row, ...]
    answers: dict[str, str] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether it showed what it should."""
        return all(row.ok for row in self.rows)


async def try_one(
    desk: Desk, variant: Variant, mitigation: Mitigation, going: Callable[[str, float | None], None]
) -> Tried:
    """Run one trial at this desk."""
    file, name = variant.file, mitigation.id
    look = ConsoleLook(desk.console, file)
    try:
        await desk.open(variant.scenario.path, variant.seed, "trial", going)
        await desk.post("/api/mitigations", {"id": name})
    except EnvironmentLacks:
        raise
    except LabError as error:
        row = Row(f"{name}: applied", "no", "yes", False, f"{error.what} {error.hint}")
        return Tried(name, mitigation.works, (row,))
    loaded = fixes.Loaded.of(await desk.load(going), file.slo)
    _, about_it = solver.split(file)
    if not mitigation.right:
        about_it = [one for one in about_it if isinstance(one.question, Mitigated) or mitigation.works]
    answered = await asyncio.to_thread(solver.solve, look, about_it)
    if mitigation.works:
        rows = fixes.judge_passed(loaded, name)
    else:
        rows = fixes.judge_failed(loaded, name, mitigation.because_not)
    rows += _points(mitigation, about_it, answered)
    return Tried(name, mitigation.works, tuple(rows), solver.numbers(answered, file))


def _points(mitigation: Mitigation, asked: list[Question], answered: list[solver.Answered]) -> list[Row]:
    rows: list[Row] = []
    for question, one in zip(asked, answered, strict=True):
        kind = question.question
        if isinstance(kind, Mitigated) and not mitigation.right:
            worth = question.points * kind.trade_off_share if mitigation.works else 0.0
            reason = mitigation.trade_off or mitigation.because_not or ""
            rows += fixes.judge_graded(mitigation.id, one.earned, worth, one.feedback, reason)
        else:
            rows += solver.judge([one])
    return rows
