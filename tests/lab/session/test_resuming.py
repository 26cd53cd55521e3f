"""What was interrupted can be resumed until a session is open again: no console and no failed start takes it away."""

import asyncio
import itertools
import threading
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from fakes_session import FakeRuntime
from fakes_telemetry import T0

from lab.core.clock import ManualClock
from lab.core.errors import Conflict, EnvironmentLacks, NotFound
from lab.questions.run import graded as grade
from lab.runtimes import Plan
from lab.session import graded, opening, progress
from lab.session.building import RUNTIMES
from lab.session.home import Home
from lab.session.journal import Entry, Journal
from lab.session.owner import Owner
from lab.session.session import Session
from lab.session.states import State


class Shop(FakeRuntime):
    """A shop that opens, unless its port is taken."""

    urls: Mapping[str, str] = {}

    def __init__(self, port_is_free: bool) -> None:
        super().__init__()
        self.port_is_free = port_is_free

    async def up(self, plan: Plan) -> None:
        if not self.port_is_free:
            raise EnvironmentLacks("Port 8000 is taken.", "Give another one.")


class Consoles:
    """One console after the other, in the same home."""

    def __init__(self, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
        self.home = home
        self.clock = ManualClock(T0)
        self.port_is_free = True
        self.symptoms_show = True
        self.waiting = asyncio.Event()
        """Set when a session waits for symptoms that do not show."""
        self.owner: Owner | None = None
        self.sessions: list[Session] = []
        monkeypatch.setitem(RUNTIMES, "embedded", lambda _launcher: Shop(self.port_is_free))
        monkeypatch.setattr(opening, "open_story", self._open_story)

    async def _open_story(self, session: Session) -> None:
        session.go(State.BASELINE)
        if not self.symptoms_show:
            self.waiting.set()
            await asyncio.Event().wait()
        session.go(State.OPEN)

    async def another(self) -> Owner:
        """The present console ends as at a shutdown of the machine, and another one begins."""
        await self.end()
        self.clock.advance(60)
        self.owner = Owner(self.home, self.clock, "nonce", launcher=None)  # type: ignore[arg-type]  # launches nothing
        return self.owner

    async def end(self) -> None:
        """End the present console, and what ends with its process."""
        if self.owner is not None:
            await self.owner.closed()
        for session in self.sessions:
            session.journal.close()

    async def start(self, scenario: str | None = None, seed: int | None = None) -> Session:
        """Start in the present console; the session once it is open, has failed, or waits for its symptoms."""
        assert self.owner is not None
        self.clock.advance(60)
        session = await self.owner.start(scenario, seed)
        self.sessions.append(session)
        opening_it = self.owner._tasks[0]
        waiting = asyncio.create_task(self.waiting.wait())
        await asyncio.wait([opening_it, waiting], return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        self.waiting.clear()
        return session

    async def from_scratch(self) -> Session:
        """Have the present session begin anew."""
        assert self.owner is not None
        self.clock.advance(60)
        self.sessions.append(await self.owner.reset())
        return self.sessions[-1]

    async def interrupted(self, answers: int = 1) -> Session:
        """A learner's run with so many answers, which a console took with it."""
        owner = await self.another()
        session = await self.start("rate-limit", 7)
        for question in ("whose", "where")[:answers]:
            await answer(owner, session, question)
        return session


async def answer(owner: Owner, session: Session, question: str) -> None:
    """Answer a question rightly."""
    graded.record(session, question, "a", grade(1.0, "Yes."), free=False)
    await owner.after_answer(session)


@pytest.fixture
async def consoles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Consoles]:
    consoles = Consoles(Home(tmp_path / "home"), monkeypatch)
    yield consoles
    await consoles.end()


def has_answers(session: Session, number: int) -> bool:
    return len(session.ledger.rungs) == number


async def test_it_outlives_consoles_in_which_nobody_resumed_it(consoles: Consoles) -> None:
    await consoles.interrupted()
    for _ in range(3):
        owner = await consoles.another()
        assert owner.resumable() is not None
    session = await consoles.start()
    assert session.resumed
    assert has_answers(session, 1)


async def test_it_outlives_starts_that_fail(consoles: Consoles) -> None:
    await consoles.interrupted()
    consoles.port_is_free = False
    for _ in range(2):
        await consoles.another()
        for _ in range(2):
            assert (await consoles.start()).state is State.FAILED
    consoles.port_is_free = True
    session = await consoles.start()
    assert (session.state, session.variant.seed) == (State.OPEN, 7)
    assert has_answers(session, 1)


@pytest.mark.parametrize("how", ["the console ends", "the learner stops it"])
async def test_it_outlives_a_resumed_session_that_ends_before_it_is_open(consoles: Consoles, how: str) -> None:
    await consoles.interrupted()
    consoles.symptoms_show = False
    for _ in range(2):
        owner = await consoles.another()
        assert has_answers(await consoles.start(), 1)
        if how == "the learner stops it":
            await owner.stop()
    consoles.symptoms_show = True
    await consoles.another()
    assert has_answers(await consoles.start(), 1)


async def test_answers_given_since_are_kept_the_next_time(consoles: Consoles) -> None:
    await consoles.interrupted()
    owner = await consoles.another()
    await answer(owner, await consoles.start(), "where")
    await consoles.another()
    assert has_answers(await consoles.start(), 2)


async def test_a_resumed_session_that_was_ended_is_not_offered_again(consoles: Consoles) -> None:
    await consoles.interrupted()
    owner = await consoles.another()
    await consoles.start()
    await owner.stop()
    assert owner.resumable() is None
    assert (await consoles.another()).resumable() is None


async def test_whoever_starts_something_else_is_not_asked_again(consoles: Consoles) -> None:
    await consoles.interrupted()
    owner = await consoles.another()
    session = await consoles.start("slow-partner", 1)
    assert not session.resumed
    assert owner.resumable() is None
    await owner.stop()
    with pytest.raises(Conflict, match="nothing to resume"):
        await owner.start(None)
    assert (await consoles.another()).resumable() is None


async def test_what_cannot_be_a_path_is_not_found_and_takes_nothing_away(consoles: Consoles) -> None:
    await consoles.interrupted()
    owner = await consoles.another()
    with pytest.raises(NotFound, match="cannot be a path"):
        await owner.start("a/\0")
    assert owner.resumable() is not None


async def test_something_else_that_does_not_start_takes_nothing_away(consoles: Consoles) -> None:
    await consoles.interrupted()
    owner = await consoles.another()
    consoles.port_is_free = False
    await consoles.start("slow-partner", 1)
    assert owner.resumable() is not None
    assert (await consoles.another()).resumable() is not None


async def test_a_start_of_something_else_that_the_console_took_with_it_is_what_goes_on(consoles: Consoles) -> None:
    await consoles.interrupted()
    await consoles.another()
    consoles.symptoms_show = False
    await consoles.start("slow-partner", 1)
    left = (await consoles.another()).resumable()
    assert left is not None
    assert left.scenario == "slow-partner"


async def test_starting_over_before_a_resumed_session_is_open_begins_without_its_answers(consoles: Consoles) -> None:
    await consoles.interrupted()
    await consoles.another()
    consoles.symptoms_show = False
    await consoles.start()
    again = await consoles.from_scratch()
    assert not again.resumed
    assert has_answers(again, 0)


@pytest.mark.parametrize(("refused", "nth"), [("opened", 1), ("answered", 1), ("answered", 2)])
async def test_a_disk_that_takes_only_part_of_the_answers_leaves_all_to_the_next_start(
    consoles: Consoles, monkeypatch: pytest.MonkeyPatch, refused: str, nth: int
) -> None:
    old = await consoles.interrupted(answers=2)
    owner = await consoles.another()
    writers = writer_threads()
    write, numbers = Journal.write, itertools.count(1)

    def full(journal: Journal, what: str, **details: Any) -> Entry:
        if what == refused and next(numbers) == nth:
            raise EnvironmentLacks("The session's journal could not be written: the disk is full.", "Free some.")
        return write(journal, what, **details)

    with monkeypatch.context() as patched:
        patched.setattr(Journal, "write", full)
        with pytest.raises(EnvironmentLacks, match="disk is full"):
            await owner.start(None)
    assert owner.session is None
    assert [path.name for path in consoles.home.sessions.iterdir()] == [old.id]
    assert list(consoles.home.runs.iterdir()) == []
    assert writer_threads() == writers
    assert has_answers(await consoles.start(), 2)


def writer_threads() -> int:
    return sum(thread.name == "telemetry-writer" for thread in threading.enumerate())


async def test_however_often_it_is_resumed_it_is_one_run_with_its_newest_result(consoles: Consoles) -> None:
    old = await consoles.interrupted()
    await consoles.another()
    await consoles.start()
    owner = await consoles.another()
    session = await consoles.start()
    await answer(owner, session, "where")
    found = progress.summary(consoles.home.progress)
    assert [(run["session"], run["resumes"]) for run in found["runs"]] == [(session.id, old.id)]
    assert [one["tries"] for one in found["scenarios"]] == [1]
    assert sum(row["times"] for row in found["confusion"]) == 2


async def test_a_start_of_the_same_scenario_from_scratch_is_another_run(consoles: Consoles) -> None:
    await consoles.interrupted()
    owner = await consoles.another()
    await consoles.start()
    again = await consoles.from_scratch()
    await answer(owner, again, "whose")
    assert len(progress.summary(consoles.home.progress)["runs"]) == 2
