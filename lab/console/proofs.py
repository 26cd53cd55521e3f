"""Routes that only a proof uses."""

from typing import Any

from fastapi import APIRouter, Request

from lab.console.sessions import session_of
from lab.session.restore import restore

router = APIRouter(prefix="/api", tags=["proof"])


@router.post("/session/restore")
async def take_back(request: Request) -> dict[str, Any]:
    """Take the faults and the mitigation back, and tell what stayed behind. Refused in a learner's session."""
    return await restore(session_of(request))
