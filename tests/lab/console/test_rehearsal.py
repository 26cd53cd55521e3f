"""A review on its pages: rehearsed on a copy, the copy can be asked, and only then a plan is chosen."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import cast

import httpx
import pytest
from fakes_lesson import lesson
from fakes_session import FakeRuntime, close

from lab.console.app import create_app
from lab.session.session import Session

DATABASE = "/incident/database"


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    _, session = lesson(tmp_path / "home", "migration")
    session.windows_name = "learn"
    yield session
    close(session)


@pytest.fixture
async def client(session: Session, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    owner = lesson(tmp_path / "other", "migration")[0]
    close(owner.current())
    owner.session = session
    transport = httpx.ASGITransport(app=create_app(owner))
    headers = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:7700", headers=headers) as client:
        yield client


async def test_the_page_runs_it_on_a_copy_and_then_offers_the_copy(client: httpx.AsyncClient, session: Session) -> None:
    page = (await client.get(DATABASE)).text
    assert "Rehearse it on a copy" in page
    assert "Ask the copy" not in page
    answer = await client.post(f"{DATABASE}/rehearse")
    assert answer.headers["location"].endswith("/incident/database#rehearsal")
    page = (await client.get(DATABASE)).text
    assert "600 000" in page
    assert "Ask the copy" in page
    await client.get(DATABASE, params={"q": "SELECT 1", "copy": "1"})
    asked = cast(FakeRuntime, session.runtime).asked
    assert asked == ["copied", "migrated payment_state of the copy", "copy: SELECT 1"]


async def test_each_figure_says_in_which_room_it_is_read_and_not_how(client: httpx.AsyncClient) -> None:
    page = (await client.get("/answer")).text
    assert '<a href="/incident/database">the database</a> shows it' in page
    assert '<a href="/incident/database#rehearsal">the rehearsal</a> shows it' in page
    assert "count(*)" not in page
    assert "To whom?" in page
    assert "What becomes of the old orders?</strong>" in page


async def test_a_plan_is_refused_until_the_migration_was_rehearsed(client: httpx.AsyncClient) -> None:
    refused = await client.post("/api/mitigations", json={"id": "batches"})
    assert refused.status_code == 409
    assert "lab rehearse" in refused.text
    await client.post("/api/rehearsal")
    chosen = (await client.post("/api/mitigations", json={"id": "batches"})).json()
    assert chosen["mitigation"]["planned"] is True
    assert "Nothing has changed yet" in chosen["feedback"]


async def test_a_rehearsal_can_be_answered_for_once_it_was_run(client: httpx.AsyncClient) -> None:
    early = await client.post("/api/answers", json={"question": "rehearse", "answer": "done"})
    assert "Nothing was rehearsed yet" in early.text
    await client.post("/api/rehearsal")
    graded = (await client.post("/api/answers", json={"question": "rehearse", "answer": "done"})).json()
    assert graded["verdict"] == "right"
    assert "600,000 rows in 2.4 s, longest transaction 1.60 s" in graded["truth"]


async def test_a_lesson_without_a_migration_says_so(tmp_path: Path) -> None:
    owner, other = lesson(tmp_path / "other", "first-request")
    transport = httpx.ASGITransport(app=create_app(owner))
    headers = {"Sec-Fetch-Site": "same-origin"}
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:7700", headers=headers) as client:
        assert "Rehearse" not in (await client.get(DATABASE)).text
        refused = await client.post("/api/rehearsal")
    assert (refused.status_code, refused.json()["detail"]) == (409, "There is no migration in this lesson.")
    close(other)
