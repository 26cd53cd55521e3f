"""Debrief: what happened, with one's own actions on it, every question explained, and what comes next."""

import asyncio
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response

from lab.console.pages.home import following
from lab.console.rendering import HEADERS, page
from lab.console.sessions import owner_of
from lab.core.errors import NotFound
from lab.session import answers, offline, report
from lab.session.session import Session
from lab.session.states import ENDED, LIVE

router = APIRouter(include_in_schema=False)
KINDS = {
    "pager": "the story",
    "system": "the shop",
    "answer": "you",
    "hint": "you",
    "reveal": "you",
    "fix": "you",
    "undo": "you",
    "load": "you",
    "step": "you",
}


@router.get("/debrief")
async def show(request: Request) -> Response:
    """The present run, or with nothing running the last one."""
    found = await _found(request)
    owner = owner_of(request)
    rows = await asyncio.to_thread(offline.scenarios, owner.scenario_dirs, owner.home.root)
    readable = [row for row in rows if not row["error"]]
    session = owner.session
    left: list[dict[str, Any]] = []
    if session is not None and session.state in LIVE:
        left = [one for one in answers.described(session) if one["state"] == "open"]
    next_one = following(readable)
    return page(
        request,
        "debrief.html",
        room_key="debrief",
        live_path="still?room=debrief",
        found=found,
        left=left,
        present=session is not None and session.state not in ENDED,
        waiting=session is not None and session.state not in ENDED and session.state not in LIVE,
        kinds=KINDS,
        lesson=nothing_to_fix(session, found),
        next_one=next((row for row in readable if row["id"] == next_one), None),
    )


def nothing_to_fix(session: Session | None, found: dict[str, Any] | None) -> bool:
    """Whether it is about a run in which there was nothing to fix and nothing to test."""
    if session is not None and session.state not in ENDED:
        return not session.file.mitigations and session.file.load is None
    return found is not None and not found["data"]["fixes"] and not found["data"]["loads"]


async def _found(request: Request) -> dict[str, Any] | None:
    owner = owner_of(request)
    session = owner.session
    if session is not None and session.state in LIVE:
        return await report.whole(session)
    if session is not None and session.state not in ENDED:
        return None
    return await asyncio.to_thread(offline.last_report, owner.home.root)


@router.get("/debrief/report.md")
async def keep(request: Request) -> Response:
    """The report as Markdown, to keep or to send."""
    found = await _found(request)
    if found is None:
        raise NotFound("There is no report yet.", "Answer a question first: `lab diagnose`")
    text = "\n".join(part.rstrip() + "\n" for part in (found["markdown"], found.get("debrief")) if part)
    headers = HEADERS | {"Content-Disposition": 'attachment; filename="report.md"'}
    return PlainTextResponse(text, media_type="text/markdown", headers=headers)
