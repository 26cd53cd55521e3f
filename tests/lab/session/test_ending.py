"""A session ends once, whoever asks for its end and how often, and beginning anew is one beginning."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fakes_session import FakeRuntime, close, standing

from lab.core.errors import Conflict, EnvironmentLacks
from lab.runtimes import Plan
from lab.scenario import Scenario, find
from lab.session import offline, report
from lab.session import owner as owning
from lab.session.building import RUNTIMES
from lab.session.owner import Owner
from lab.session.recover import sweep
from lab.session.session import Session
from lab.session.states import State


class Shop(FakeRuntime):
    """A shop that takes its time to close, and never finishes opening."""

    def __init__(self, told: list[str]) -> None:
        super().__init__()
        self.told = told

    async def up(self, plan: Plan) -> None:
        self.told.append("up")
        await asyncio.Event().wait()

    async def down(self) -> None:
        self.told.append("down")
        for _ in range(5):
            await asyncio.sleep(0)


@pytest.fixture
def told() -> list[str]:
    """What was asked of the shops, in order."""
    return []


@pytest.fixture
def stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: list[str]) -> Iterator[tuple[Owner, Session]]:
    """An open incident; what begins after it is still starting."""
    owner, session = standing(tmp_path / "home")
    session.runtime = Shop(told)
    monkeypatch.setitem(RUNTIMES, "embedded", lambda _launcher: Shop(told))
    yield owner, session
    close(session)
    if owner.session is not None:
        close(owner.session)


async def test_a_second_stop_waits_for_the_first_and_does_nothing(
    stands: tuple[Owner, Session], told: list[str]
) -> None:
    owner, session = stands
    pages = await asyncio.gather(owner.stop(), owner.stop())
    assert pages == [session.folder / "report.md"] * 2
    assert (session.state, told) == (State.STOPPED, ["down"])


async def test_beginning_anew_twice_at_a_time_is_one_beginning(stands: tuple[Owner, Session], told: list[str]) -> None:
    owner, session = stands
    first, second = await asyncio.gather(owner.reset(), owner.reset())
    await asyncio.sleep(0)
    assert first is second is owner.session
    assert first is not session
    assert told == ["down", "up"]
    await owner.stop()


async def test_beginning_anew_with_another_seed_is_not_swallowed(stands: tuple[Owner, Session]) -> None:
    owner, session = stands
    await asyncio.gather(owner.reset(), owner.reset(session.variant.seed + 1))
    assert owner.current().variant.seed == session.variant.seed + 1
    await owner.stop()


async def test_a_stop_while_it_begins_anew_ends_what_has_begun(stands: tuple[Owner, Session], told: list[str]) -> None:
    owner, session = stands
    again, _ = await asyncio.gather(owner.reset(), owner.stop())
    assert (owner.session, again.state) == (again, State.STOPPED)
    assert again is not session
    assert told.count("down") == 2


async def test_what_somebody_starts_meanwhile_is_not_ended_by_beginning_the_last_one_anew(
    stands: tuple[Owner, Session], told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    reading = threading.Event()

    def slowly(scenario: str) -> Scenario:
        reading.wait(5)
        return find(scenario)

    owner, _ = stands
    await owner.stop()
    with monkeypatch.context() as patched:
        patched.setattr(owning, "find", slowly)
        again = asyncio.create_task(owner.reset())
        await asyncio.sleep(0)
    other = await owner.start("slow-partner")
    opening = list(owner._tasks)
    reading.set()
    with pytest.raises(Conflict, match="slow-partner"):
        await again
    assert (owner.session, told) == (other, ["down", "up"])
    assert not any(task.done() for task in opening), "it goes on starting"
    await owner.stop()


@pytest.mark.parametrize("moments", [1, 2, 3])
async def test_what_is_started_while_an_ended_session_is_stopped_again_goes_on(
    stands: tuple[Owner, Session], monkeypatch: pytest.MonkeyPatch, moments: int
) -> None:
    async def at_once(call: Any, *given: Any) -> Any:
        for _ in range(moments):
            await asyncio.sleep(0)
        return call(*given)

    owner, _ = stands
    await owner.stop()
    monkeypatch.setattr(asyncio, "to_thread", at_once)
    other, _ = await asyncio.gather(owner.start("slow-partner"), owner.stop())
    for _ in range(10):
        await asyncio.sleep(0)
    assert owner.session is other
    assert owner._tasks, "they are remembered"
    assert not any(task.done() for task in owner._tasks), "it goes on starting"
    await owner.stop()


async def test_an_interrupted_session_is_torn_down_once_and_can_be_resumed(
    stands: tuple[Owner, Session], told: list[str]
) -> None:
    owner, session = stands
    await owner.stop(interrupted=True)
    await owner.closed()
    assert told == ["down"]
    left = sweep(owner.home, owner.clock).unfinished
    assert left is not None
    assert left.folder == session.folder


async def test_progress_is_kept_where_the_report_cannot_be(
    stands: tuple[Owner, Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(_session: Session) -> Path:
        raise EnvironmentLacks("The report could not be saved: no space.", "Free disk space.")

    owner, session = stands
    details: dict[str, Any] = {"answer": "50 %", "share": 1.0, "verdict": "right", "feedback": "Yes."}
    session.write("answered", question="size", **details)
    monkeypatch.setattr(report, "save", full)
    assert await owner.stop() is None
    assert [run["session"] for run in offline.progress(owner.home.root)["runs"]] == [session.id]
