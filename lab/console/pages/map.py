"""The map: the shop's parts and the calls between them, each call with its numbers."""

import asyncio
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from lab.console.pages import incident
from lab.console.rendering import Parts
from lab.console.sessions import session_of
from lab.console.topology import TALL, WIDE, draw
from lab.console.windows import window_or_lately
from lab.session import overview
from lab.session.session import Session
from lab.session.states import ENDED

router = APIRouter(include_in_schema=False)


@router.get("/incident/map")
async def show(request: Request, since: incident.Text = None, until: incident.Text = None) -> Response:
    """The drawing, beside it the same as a table."""
    session = session_of(request)
    context: dict[str, Any] = {}
    if session.state not in ENDED:
        context = await asyncio.to_thread(drawn, session, since or None, until or None)
    watch = f"map{'?' + request.url.query if request.url.query else ''}"
    return await incident.tab(request, "map", "incident/map.html", watch=watch, **context)


async def watched(session: Session, query: Mapping[str, str]) -> tuple[dict[str, Any], Parts]:
    """The drawing, a second later."""
    context, parts = await incident.watched(session, query)
    now = await asyncio.to_thread(drawn, session, query.get("since") or None, query.get("until") or None)
    return context | now, parts | {"map": "incident/parts/map.html"}


def drawn(session: Session, since: str | None, until: str | None) -> dict[str, Any]:
    """The map in both shapes: broad screens and narrow ones."""
    found = overview.overview(session, window_or_lately(session, since, until))
    quiet = not found["services"]
    return {
        "quiet": quiet,
        "maps": {} if quiet else {"wide": draw(found, WIDE), "tall": draw(found, TALL)},
        "spans": incident.spans(session, since, until, "Now"),
    }
