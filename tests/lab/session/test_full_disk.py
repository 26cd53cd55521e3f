"""A disk that is full for a while costs what was done meanwhile, and nothing after it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes_session import close, standing

from lab.core.errors import EnvironmentLacks
from lab.session import steps
from lab.session.session import Session
from lab.session.states import State

FULL = EnvironmentLacks("The session's journal could not be written: No space left on device.", "Free disk space.")


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    _, session = standing(tmp_path / "home")

    def full(what: str, **_details: object) -> None:
        raise FULL

    with monkeypatch.context() as patched:
        patched.setattr(session.journal, "write", full)
        yield session
    close(session)


def test_what_the_system_notes_does_not_end_whoever_noted_it(session: Session) -> None:
    session.note("system", "orders ended and is being restarted")
    assert session.timeline[-1].text == "orders ended and is being restarted"


def test_a_move_is_made_whole(session: Session) -> None:
    session.go(State.LOADING)
    session.go(State.OPEN)
    assert session.state is State.OPEN


def test_what_counts_is_refused_and_told(session: Session) -> None:
    with pytest.raises(EnvironmentLacks):
        session.write("hinted", n=1, price=2)
    assert session.ledger.hints_taken == 0


async def test_steps_tick_again_once_there_is_room(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = iter([FULL, True])

    async def look(_session: Session) -> bool:
        found = next(looks)
        if isinstance(found, EnvironmentLacks):
            raise found
        return found

    async def changed(session: Session) -> None:
        told.append("ticked")
        session.state = State.STOPPED

    told: list[str] = []
    monkeypatch.setattr(steps, "look", look)
    monkeypatch.setattr(steps, "LOOK_EVERY_S", 0.0)
    await steps.watch(session, changed)
    session.state = State.OPEN
    assert told == ["ticked"]
