"""After a session's end: what is gone is said to be gone, and what was kept is still there."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fakes_session import close, standing
from fastapi import FastAPI
from starlette.requests import Request

from lab.console import live
from lab.console.app import create_app
from lab.core.errors import LabError
from lab.session import opening
from lab.session.owner import Owner
from lab.session.session import Session

GIVEN = {"log_id": "1", "trace_id": "00000001", "page": "status", "name": "p95", "token": "x"}
NEEDS_TELEMETRY = (
    "/api/overview",
    "/api/metrics",
    "/api/metrics/heatmap",
    "/api/metrics/orders",
    "/api/impact",
    "/api/logs",
    "/api/logs/histogram",
    "/api/logs/1",
    "/api/export/records",
    "/api/traces",
    "/api/traces/00000001",
    "/api/received",
    "/api/sql/slow",
    "/api/sql/tables",
    "/api/operations",
    "/api/partner/status",
    "/api/export/http",
    "/api/export/locust",
)


@pytest.fixture(params=["stopped", "failed"])
async def ended(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Owner]:
    """The owner of a session that has ended, in either way."""
    owner, session = standing(tmp_path / "home")
    if request.param == "stopped":
        await owner.stop()
    else:
        await owner._tear_down(session)
        await opening.fail(session, LabError("The gateway did not start.", "Start again: `lab start`"))
    yield owner
    close(session)


def program(app: FastAPI) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1:7700")


def answer_all(session: Session) -> None:
    """Answers as the journal would have them."""
    for question in session.file.questions:
        details = {"answer": "x", "share": 0, "verdict": "wrong", "feedback": "no"}
        session.write("answered", question=question.id, **details)


async def test_whatever_is_asked_for_is_answered_or_refused_with_a_remedy(ended: Owner) -> None:
    app = create_app(ended)
    every = [path for path, methods in app.openapi()["paths"].items() if "get" in methods]
    async with program(app) as client:
        for path in every:
            answer = await client.get(re.sub(r"{(\w+)}", lambda match: GIVEN[match[1]], path))
            assert answer.status_code < 500, path
            if answer.status_code >= 400:
                assert answer.json()["hint"], path


async def test_what_needs_the_shop_or_its_telemetry_says_that_they_are_gone(ended: Owner) -> None:
    async with program(create_app(ended)) as client:
        for path in NEEDS_TELEMETRY:
            answer = await client.get(path)
            assert answer.status_code == 409, path
            told = answer.json()
            assert told["detail"] == "This session has ended: its shop is closed, and its telemetry is gone.", path
            assert told["hint"] == "Read its report (`lab report`), or start again: `lab start rate-limit`"


async def test_the_page_of_a_record_is_the_page_of_the_end(ended: Owner) -> None:
    async with program(create_app(ended)) as client:
        for path in ("/incident/logs/1", "/incident/traces/00000001"):
            page = await client.get(path, headers={"Accept": "text/html"})
            assert (page.status_code, "This session has ended" in page.text) == (200, True), path


async def test_a_page_that_is_still_open_is_told_so_where_it_asks_for_a_part(ended: Owner) -> None:
    part = {"Accept": "text/html", "HX-Request": "true", "Sec-Fetch-Site": "same-origin"}
    async with program(create_app(ended)) as client:
        for answer in (
            await client.get("/incident/logs/1", headers=part),
            await client.post("/incident/api", headers=part, data={"method": "GET", "path": "/x"}),
        ):
            assert (answer.status_code, answer.headers["hx-retarget"]) == (409, "#toast")
            assert "This session has ended" in answer.text


async def test_evidence_is_not_dropped_any_more(ended: Owner) -> None:
    ended.current().ledger.cites["E1"] = {"ref": "log:1"}
    async with program(create_app(ended)) as client:
        answer = await client.delete("/api/cites/E1")
    assert (answer.status_code, answer.json()["detail"]) == (409, "This session has ended.")
    assert "E1" in ended.current().ledger.cites


async def test_report_and_debrief_are_those_that_were_kept(stands: tuple[Owner, Session]) -> None:
    owner, session = stands
    answer_all(session)
    async with program(create_app(owner)) as client:
        before = (await client.get("/api/debrief")).json()
        assert (await client.post("/api/session/stop")).json()["report"] == str(session.folder / "report.md")
        report, debrief = (await client.get("/api/report")).json(), (await client.get("/api/debrief")).json()
    assert report["markdown"] == (session.folder / "report.md").read_text(encoding="utf-8")
    assert report["data"]["course"]["points"]
    assert "Take this to work on Monday" in debrief["markdown"]
    assert debrief["answers"] == before["answers"]


async def test_a_debrief_that_was_not_earned_stays_closed_and_says_how_to_begin_again(ended: Owner) -> None:
    async with program(create_app(ended)) as client:
        assert (await client.get("/api/report")).json()["data"]["score"]["answered"] == 0
        answer = await client.get("/api/debrief")
    assert (answer.status_code, answer.json()["hint"]) == (409, "Start again: `lab start rate-limit`")


async def test_a_double_click_on_the_end_leads_to_the_report_twice(stands: tuple[Owner, Session]) -> None:
    owner, session = stands
    answer_all(session)
    headers = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}
    async with program(create_app(owner)) as client:
        for answer in await asyncio.gather(*(client.post("/session/stop", headers=headers) for _ in range(2))):
            assert (answer.status_code, answer.headers["location"]) == (303, "/debrief")


@pytest.mark.parametrize(("view", "place"), [("overview", "pager"), ("frame", "pager"), ("home", "running")])
async def test_a_page_that_is_open_when_a_session_ends_says_so(ended: Owner, view: str, place: str) -> None:
    scope = {"type": "http", "method": "GET", "path": f"/live/{view}", "query_string": b"", "headers": []}
    parts = await live._parts(Request({**scope, "app": create_app(ended)}), view)
    assert 'class="step' not in parts[place]
    if ended.session is not None and ended.session.error is not None:
        assert "The gateway did not start." in parts[place]
        assert 'action="/start"' in parts[place]
    else:
        assert "Read the report" in parts[place]
