"""A disk that is full for a while costs what was done meanwhile, and nothing after it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fakes import FakeSystem
from fakes_session import close, standing

from lab.changes import changes
from lab.core.errors import EnvironmentLacks
from lab.session import fixes, steps
from lab.session.applied import Changes, in_force
from lab.session.journal import read
from lab.session.session import Session
from lab.session.states import State

FULL = EnvironmentLacks("The session's journal could not be written: No space left on device.", "Free disk space.")
TWO = [
    changes.read({"setting": {"service": "orders", "name": "partner_retries", "value": 3}}),
    changes.read({"setting": {"service": "orders", "name": "payment_mode", "value": "outbox"}}),
]


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


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Session]:
    """A session whose disk is not full yet."""
    _, session = standing(tmp_path / "roomy")
    yield session
    close(session)


def fill_up(session: Session, patched: pytest.MonkeyPatch, *kept: str) -> None:
    """From now on only entries of these kinds find room in its journal."""
    real = session.journal.write

    def full(what: str, **details: Any) -> Any:
        if what not in kept:
            raise FULL
        return real(what, **details)

    patched.setattr(session.journal, "write", full)


async def test_every_change_is_taken_back_though_none_can_be_noted_down(
    room: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = FakeSystem()
    before = system.snapshot()
    made = Changes(system, room.journal)
    await made.apply_all(TWO, "fix")
    with monkeypatch.context() as patched:
        fill_up(room, patched)
        with pytest.raises(EnvironmentLacks):
            await made.revert("fix")
    assert system.snapshot() == before
    assert await made.revert("fix") == 2, "what was not noted down is noted down later"
    assert in_force(read(room.journal.path)) == {}


async def test_a_fix_that_no_room_is_left_for_leaves_the_incident_open(
    room: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fixes.apply(room, "queue-payments")
    with monkeypatch.context() as patched:
        fill_up(room, patched, "reverted")
        with pytest.raises(EnvironmentLacks):
            await fixes.apply(room, "retry")
    assert (room.state, room.mitigation) == (State.OPEN, None)
    await fixes.apply(room, "retry")
    assert room.state is State.MITIGATED


async def test_a_fix_is_taken_back_whole(room: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    await fixes.apply(room, "queue-payments")
    with monkeypatch.context() as patched:
        fill_up(room, patched, "reverted")
        with pytest.raises(EnvironmentLacks):
            await fixes.undo(room)
    assert (room.state, room.mitigation) == (State.OPEN, None)


async def test_a_fix_whose_end_cannot_be_noted_down_can_be_taken_back_again(
    room: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fixes.apply(room, "queue-payments")
    with monkeypatch.context() as patched:
        fill_up(room, patched)
        with pytest.raises(EnvironmentLacks):
            await fixes.undo(room)
    assert (room.state, room.mitigation) == (State.MITIGATED, "queue-payments")
    await fixes.undo(room)
    assert (room.state, room.mitigation, room.changes.in_force) == (State.OPEN, None, [])


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
