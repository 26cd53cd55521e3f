"""What a mitigation is said to cost is what grading takes off."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fakes_session import close, standing

from lab.core.errors import LabError
from lab.questions.mitigation import Mitigated
from lab.scenario.model import Question
from lab.session import fixes
from lab.session.session import Session
from lab.session.states import State


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    _, session = standing(tmp_path / "home", scenario="slow-partner")
    yield session
    close(session)


def ask(session: Session, *questions: Question) -> None:
    """Let its scenario have these questions only."""
    file = session.file.model_copy(update={"questions": list(questions)})
    session.variant = replace(session.variant, file=file)


async def test_only_a_mitigation_that_was_not_tried_before_is_a_further_attempt(session: Session) -> None:
    names = ("pay-later", "bigger-pool", "pay-later", "cache-window")
    said = [(await fixes.apply(session, name))["cost"] for name in names]
    assert said == [0.0, 0.4, 0.0, 0.4]


async def test_a_further_attempt_is_announced_at_the_price_of_its_question(session: Session) -> None:
    act = next(one for one in session.file.questions if isinstance(one.question, Mitigated))
    ask(session, act.model_copy(update={"question": Mitigated(attempt_cost=0.25)}))
    await fixes.apply(session, "pay-later")
    assert (await fixes.apply(session, "bigger-pool"))["cost"] == 0.25


async def test_where_nobody_asks_about_the_fix_a_further_attempt_costs_nothing(session: Session) -> None:
    ask(session)
    await fixes.apply(session, "pay-later")
    assert (await fixes.apply(session, "bigger-pool"))["cost"] == 0.0


async def test_when_the_next_one_cannot_be_applied_none_is_in_force(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def busy(*_given: object) -> None:
        raise LabError("orders did not answer.", "Try again.")

    await fixes.apply(session, "pay-later")
    with monkeypatch.context() as patched:
        patched.setattr(session.changes, "apply_all", busy)
        with pytest.raises(LabError):
            await fixes.apply(session, "bigger-pool")
    assert (session.state, session.mitigation) == (State.OPEN, None)
    assert [one["id"] for one in fixes.offered(session) if one["applied"]] == []
    await fixes.apply(session, "pay-later")
    assert session.state is State.MITIGATED
