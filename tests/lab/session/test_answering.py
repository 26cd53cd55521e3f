"""Answers that come at the same moment as others, or as the explanation of their question."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
from fakes_lesson import lesson, sends
from fakes_session import close, standing

from lab.core.errors import Conflict
from lab.questions.requests import Requests
from lab.questions.steps.fitting import StepState
from lab.questions.steps.received import Received
from lab.scenario.model import Question
from lab.session import answers, steps
from lab.session.session import Session


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    _, session = standing(tmp_path / "home")
    yield session
    close(session)


def letters(session: Session) -> tuple[str, str]:
    """The letters of the right option of `whose` and of a wrong one."""
    options = answers.options_of(session, answers.question_of(session, "whose"))
    right = next(place for place, text in enumerate(options) if text.startswith("Paylane refuses"))
    return answers.LETTERS[right], answers.LETTERS[(right + 1) % len(options)]


async def at_once(session: Session, *given: str) -> list[Any]:
    """Each answer's outcome, all sent at the same moment."""
    sent = [answers.answer(session, "whose", one, None) for one in given]
    return await asyncio.gather(*sent, return_exceptions=True)


@pytest.mark.parametrize("which", [0, 1], ids=["right", "wrong"])
async def test_the_same_answer_sent_twice_at_once_is_one_try_and_told_the_same_twice(
    session: Session, which: int
) -> None:
    answer = letters(session)[which]
    first, second = await at_once(session, answer, answer)
    assert first == second
    assert session.ledger.rung("whose").tries == 1


async def test_the_same_answer_sent_again_later_is_another_try(session: Session) -> None:
    _, wrong = letters(session)
    await at_once(session, wrong)
    await at_once(session, wrong)
    assert session.ledger.rung("whose").tries == 2


async def test_another_answer_sent_at_once_counts_in_the_order_they_came(session: Session) -> None:
    right, wrong = letters(session)
    first, second = await at_once(session, wrong, right)
    assert (first["verdict"], second["verdict"]) == ("wrong", "right")
    assert session.ledger.rung("whose").share == pytest.approx(0.6)


async def test_an_answer_that_waited_for_the_right_one_is_told_what_a_later_one_would_be(session: Session) -> None:
    right, wrong = letters(session)
    _, second = await at_once(session, right, wrong)
    assert isinstance(second, Conflict)
    assert second.what == "You have answered 'whose' fully already."
    assert session.ledger.rung("whose").tries == 1


@pytest.fixture
def graded(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """What grading and explaining see of a run is held back until this is set."""
    go_on, real = asyncio.Event(), answers.run_of

    async def slowly(*given: Any) -> Any:
        await go_on.wait()
        return await real(*given)

    monkeypatch.setattr(answers, "run_of", slowly)
    return go_on


async def begun(work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
    """The work, as far as it gets now."""
    task = asyncio.create_task(work)
    await asyncio.sleep(0.05)
    return task


async def test_what_is_revealed_while_an_answer_is_graded_stays_revealed(
    session: Session, graded: asyncio.Event
) -> None:
    right, wrong = letters(session)
    first = await begun(answers.answer(session, "whose", wrong, None))
    revealed = await begun(answers.reveal(session, "whose"))
    late = await begun(answers.answer(session, "whose", right, None))
    graded.set()
    await asyncio.gather(first, revealed)
    with pytest.raises(Conflict, match="was revealed"):
        await late
    rung = session.ledger.rung("whose")
    assert (rung.state, rung.share, rung.tries) == ("revealed", 0.0, 1)


async def test_looking_an_answer_up_twice_at_once_is_noted_once(session: Session) -> None:
    first, second = await asyncio.gather(answers.reveal(session, "whose"), answers.reveal(session, "whose"))
    assert first == second
    assert [one.kind for one in session.timeline].count("reveal") == 1


async def test_steps_that_are_found_done_while_their_question_is_revealed_earn_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, graded: asyncio.Event
) -> None:
    _, session = lesson(tmp_path / "home")
    real, explained = steps.states, threading.Event()

    def all_done(one: Session, question: Question, kind: Requests, arrived: tuple[Received, ...]) -> list[StepState]:
        explained.wait(5)
        return [StepState(state.step, arrived[0]) for state in real(one, question, kind, arrived)]

    sends(session, 200, "GET", "/api/v1/products")
    monkeypatch.setattr(steps, "states", all_done)
    revealing = await begun(answers.reveal(session, "requests"))
    looking = await begun(steps.look(session))
    graded.set()
    await revealing
    explained.set()
    await looking
    rung = session.ledger.rung("requests")
    assert (rung.state, rung.share) == ("revealed", 0.0)
    close(session)
