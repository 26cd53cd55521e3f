"""Routes of an exercise: its steps as they tick off, and what was received."""

import asyncio
from typing import Any

from fastapi import APIRouter, Request

from lab.console.sessions import session_of
from lab.session import steps

router = APIRouter(prefix="/api", tags=["learn"])


@router.get("/steps")
async def all_steps(request: Request) -> dict[str, Any]:
    """The steps of this lesson: what to send, what has arrived, what was different about an attempt."""
    session = session_of(request)
    session.require_live()
    await steps.refresh(session)
    return await asyncio.to_thread(steps.shown, session)


@router.get("/received")
async def received(request: Request) -> list[dict[str, Any]]:
    """Every request that arrived with your own keys or with none, oldest first, from whichever client."""
    session = session_of(request)
    await steps.refresh(session)
    found = await asyncio.to_thread(steps.received, session)
    return [steps.one_received(one) for one in found]
