"""Routes of an exercise: its steps as they tick off, and what was received."""

import asyncio
from typing import Any

from fastapi import APIRouter, Request

from lab.console.sessions import running_of, session_of
from lab.export.calls import Call
from lab.export.curl import curl_of
from lab.export.gather import of_session
from lab.export.of_steps import folders_of_steps
from lab.session import steps
from lab.session.session import Session

router = APIRouter(prefix="/api", tags=["learn"])


@router.get("/steps")
async def all_steps(request: Request) -> dict[str, Any]:
    """The steps of this lesson: what to send, what has arrived, what was different about an attempt."""
    session = session_of(request)
    session.require_begun()
    await steps.refresh(session)
    return await asyncio.to_thread(shown, session)


def shown(session: Session) -> dict[str, Any]:
    """The steps, each with its request as a curl command (empty where there is nothing to send). Blocking."""
    found = steps.shown(session)
    values = {**of_session(session, {}).secrets, **found["values"]}
    curls = {one.id: curl_of(one, values) for one in calls(session)}
    for question in found["questions"]:
        for one in question["steps"]:
            one["curl"] = curls.get(one["id"], "")
    return found


def calls(session: Session) -> list[Call]:
    """The requests that do the steps, those that come by themselves left out."""
    return [call for folder in folders_of_steps(of_session(session, {})) for call in folder.calls]


@router.get("/received")
async def received(request: Request) -> list[dict[str, Any]]:
    """Every request that arrived with your own keys or with none, oldest first, from whichever client."""
    session = running_of(request)
    await steps.refresh(session)
    found = await asyncio.to_thread(steps.received, session)
    return [steps.one_received(one) for one in found]
