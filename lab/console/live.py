"""Keeping pages up to date: one stream a page, once a second, of only those parts that changed."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from lab.console.pages import answer, fix, home, incident, map, messages, overview, progress, tryit
from lab.console.rendering import Part, Parts, fragments, render
from lab.console.sessions import owner_of
from lab.core.errors import LabError, NotFound
from lab.session.session import Session
from lab.session.states import ENDED

router = APIRouter(include_in_schema=False)
EVERY_S = 1.0
View = Callable[[Session, Mapping[str, str]], Awaitable[tuple[dict[str, Any], Parts]]]
FRAME: Parts = {"rooms": "parts/rooms.html", "statusline": "parts/statusline.html", "announce": "parts/announce.html"}
VIEWS: dict[str, View] = {
    "still": incident.nothing_more,
    "frame": incident.watched,
    "overview": overview.watched,
    "map": map.watched,
    "api": tryit.watched,
    "inbox": messages.watched,
    "home": home.watched,
    "answer": answer.watched,
    "fix": fix.watched,
    "progress": progress.watched,
}
OVER: Parts = {"pager": "parts/over_now.html", "impact": ("parts/impact.html", {"starting": True})}
"""What a tab says in its first place once the session has ended, however it ended; its shop loses nothing any more."""
ROOMS = dict.fromkeys(("frame", "overview", "map", "api", "inbox"), "incident")


@router.get("/live/{view}")
async def live(request: Request, view: str) -> StreamingResponse:
    """The stream of one page; its query is the page's own."""
    if view not in VIEWS:
        raise NotFound("There is no such page to watch.", "Reload the page.")
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no", "X-Content-Type-Options": "nosniff"}
    return StreamingResponse(_stream(request, view), media_type="text/event-stream", headers=headers)


async def _stream(request: Request, view: str) -> AsyncIterator[str]:
    sent: dict[str, str] = {}
    closing: asyncio.Event = request.app.state.closing
    while not closing.is_set():
        began = time.monotonic()
        parts = await _parts(request, view)
        changed = {name: text for name, text in parts.items() if sent.get(name) != text}
        sent |= changed
        yield _message(fragments(changed)) if changed else ": nothing new\n\n"
        try:
            async with asyncio.timeout(max(0.2, EVERY_S - (time.monotonic() - began))):
                await closing.wait()
        except TimeoutError:
            continue


async def _parts(request: Request, view: str) -> dict[str, str]:
    owner = owner_of(request)
    session = owner.session
    context: dict[str, Any] = {"room_key": request.query_params.get("room") or ROOMS.get(view, view)}
    templates = dict(FRAME)
    if session is not None and session.state not in ENDED:
        try:
            more, inside = await VIEWS[view](session, request.query_params)
        except LabError:  # what the page asks for is not there yet, or no longer; the frame says why
            more, inside = {}, {}
        context |= more
        templates |= inside
    elif session is not None and view == "home":
        context |= home.running(owner)
        templates |= {"running": "parts/running.html"}
    elif session is not None and view in ROOMS:
        templates |= OVER
    return {name: _rendered(request, one, context) for name, one in templates.items()}


def _rendered(request: Request, one: Part, context: dict[str, Any]) -> str:
    template, own = (one, {}) if isinstance(one, str) else one
    return render(request, template, **context, **own).strip()


def _message(text: str) -> str:
    """An unnamed event, which the page takes in; every line of it has to say that it is data."""
    return "".join(f"data: {line}\n" for line in text.splitlines()) + "\n"
