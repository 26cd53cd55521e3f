"""From the moment a session begins to end nothing is changed in it; what was begun before is done or cancelled."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fakes_session import FakeRuntime, close, standing

from lab.console.app import create_app
from lab.core.errors import Conflict
from lab.session import answers, fixes, report, verdict
from lab.session.journal import read
from lab.session.owner import Owner
from lab.session.session import Session
from lab.session.states import State

CHANGING: dict[str, tuple[str, str, Any]] = {
    "a load test": ("POST", "/api/load", None),
    "a mitigation": ("POST", "/api/mitigations", {"id": "retry"}),
    "taking it back": ("DELETE", "/api/mitigations", None),
    "a rehearsal": ("POST", "/api/rehearsal", None),
    "a statement": ("POST", "/api/sql", {"query": "SELECT 1"}),
    "a request to the shop": ("POST", "/api/request", {"path": "/api/v1/products"}),
    "an answer": ("POST", "/api/answers", {"question": "whose", "answer": "a"}),
    "an explanation": ("POST", "/api/hints", {"reveal": "whose"}),
    "a hint": ("POST", "/api/hints", {}),
    "a citation": ("POST", "/api/cites", {"ref": "log:1"}),
}
LOOKING = (
    "/api/session",
    "/api/questions",
    "/api/mitigations",
    "/api/load",
    "/api/metrics",
    "/api/logs",
    "/api/report",
)
LOOKING += ("/incident/overview", "/incident/database", "/answer", "/fix")


class Shop(FakeRuntime):
    """A shop whose changes and whose closing take as long as a test wants."""

    def __init__(self) -> None:
        super().__init__()
        self.changed, self.closing, self.closed = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.told: list[str] = []

    async def patch(self, service: str, settings: dict[str, Any], version: str | None = None) -> None:
        await self.changed.wait()
        self.told.append("changed")

    async def down(self) -> None:
        self.told.append("down")
        self.closing.set()
        await self.closed.wait()


@pytest.fixture
def stands(tmp_path: Path) -> Iterator[tuple[Owner, Session]]:
    owner, session = standing(tmp_path / "home")
    session.runtime = session.system._runtime = Shop()
    yield owner, session
    close(session)


@pytest.fixture
def session(stands: tuple[Owner, Session]) -> Session:
    return stands[1]


@pytest.fixture
def shop(session: Session) -> Shop:
    assert isinstance(session.runtime, Shop)
    return session.runtime


@pytest.fixture
def owner(stands: tuple[Owner, Session]) -> Owner:
    return stands[0]


@pytest.fixture
async def client(owner: Owner) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=create_app(owner))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:7700") as client:
        yield client


@pytest.fixture
async def ending(owner: Owner, shop: Shop) -> AsyncIterator[None]:
    """The session is being stopped: its shop takes its time to close."""
    stopping = asyncio.create_task(owner.stop())
    await shop.closing.wait()
    yield
    shop.closed.set()
    await stopping


@pytest.mark.usefixtures("ending")
@pytest.mark.parametrize("what", CHANGING)
async def test_what_would_change_something_is_told_that_the_session_has_ended(
    client: httpx.AsyncClient, session: Session, what: str
) -> None:
    before = read(session.journal.path)
    method, path, body = CHANGING[what]
    answer = await client.request(method, path, json=body)
    assert (answer.status_code, answer.json()["kind"]) == (409, "Conflict")
    assert answer.json()["detail"].startswith("This session has ended")
    assert read(session.journal.path) == before


@pytest.mark.usefixtures("ending")
@pytest.mark.parametrize("path", LOOKING)
async def test_it_can_be_looked_at_until_it_has_ended(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code == 200


async def test_a_mitigation_that_is_being_applied_is_waited_for(owner: Owner, session: Session, shop: Shop) -> None:
    applying = asyncio.create_task(fixes.apply(session, "queue-payments"))
    await asyncio.sleep(0)
    stopping = asyncio.create_task(owner.stop())
    await asyncio.sleep(0.05)
    assert shop.told == []
    shop.changed.set()
    shop.closed.set()
    assert (await applying)["mitigation"]["id"] == "queue-payments"
    await stopping
    assert (shop.told[-2:], session.state) == (["changed", "down"], State.STOPPED)


@pytest.mark.parametrize("moments", [0, 1, 5])
async def test_a_load_test_that_has_just_been_started_is_cancelled(
    owner: Owner, session: Session, shop: Shop, monkeypatch: pytest.MonkeyPatch, moments: int
) -> None:
    async def endless(*_given: Any) -> dict[str, Any]:
        await asyncio.Event().wait()
        return {}

    monkeypatch.setattr(verdict, "_measure", endless)
    shop.closed.set()
    test = await verdict.start(session)
    for _ in range(moments):
        await asyncio.sleep(0)
    await owner.stop()
    assert (test.state, session.busy.locked(), session.state) == ("cancelled", False, State.STOPPED)


async def test_an_answer_that_is_being_graded_counts_and_is_in_the_report(
    owner: Owner, session: Session, shop: Shop
) -> None:
    shop.closed.set()
    answering = asyncio.create_task(answers.answer(session, "whose", "a", None))
    await asyncio.sleep(0)
    await owner.stop()
    assert (await answering)["question"] == "whose"
    kept = report.kept(session)
    assert kept is not None
    assert {row["id"]: row["tries"] for row in kept["data"]["questions"]}["whose"] == 1


async def test_an_answer_that_waits_for_another_when_the_end_begins_is_refused(
    owner: Owner, session: Session, shop: Shop
) -> None:
    shop.closed.set()
    first, second = (asyncio.create_task(answers.answer(session, "whose", one, None)) for one in "ab")
    await asyncio.sleep(0)
    await owner.stop()
    await first
    with pytest.raises(Conflict, match="This session has ended"):
        await second
    assert session.ledger.rung("whose").tries == 1


async def test_what_is_written_after_an_answer_is_written_before_the_end_or_not_at_all(
    owner: Owner, session: Session, shop: Shop
) -> None:
    for question in session.file.questions:
        session.write("answered", question=question.id, answer="x", share=0, verdict="wrong", feedback="no")
    shop.closed.set()
    writing = asyncio.create_task(owner.after_answer(session))
    await asyncio.sleep(0)
    page = await owner.stop()
    await writing
    assert page is not None
    before = page.read_bytes()
    await owner.after_answer(session)
    assert page.read_bytes() == before
