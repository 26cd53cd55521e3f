"""Home: what runs, every scenario by level with what one has done, and starting one."""

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from lab.console.forms import sent
from lab.console.onward import place_to_be
from lab.console.rendering import Parts, go, page
from lab.console.sessions import owner_of, shown
from lab.core.errors import UsageError
from lab.session import offline
from lab.session.ledger import PASS_MARK
from lab.session.owner import Owner
from lab.session.session import Session
from lab.session.states import ENDED

router = APIRouter(include_in_schema=False)
MOST_SEED = 2**31 - 1
"""As in `lab start`."""
LEVELS = (
    ("tutorial", "Lessons", "You learn the tools; nothing to repair. Use the console, Postman or any other client."),
    ("beginner", "Beginner", "An incident with one cause and a few suspects."),
    ("intermediate", "Intermediate", "Several parts of the shop are involved, and two fixes may work."),
    ("advanced", "Advanced", "What you see first is not what is wrong."),
)


@router.get("/")
async def show(request: Request, skill: Annotated[str, Query(max_length=80)] = "") -> Response:
    """The start page."""
    owner = owner_of(request)
    rows = await asyncio.to_thread(offline.scenarios, owner.scenario_dirs, owner.home.root)
    readable = [row for row in rows if not row["error"]]
    chosen = [row for row in readable if not skill or skill in row["skills"]]
    return page(
        request,
        "home.html",
        room_key="home",
        live_path="home",
        levels=[(name, about, [row for row in chosen if row["level"] == level]) for level, name, about in LEVELS],
        skills=sorted({name for row in readable for name in row["skills"]}),
        skill=skill,
        unreadable=[row for row in rows if row["error"]],
        following=following(readable),
        pass_mark=PASS_MARK,
        **running(owner),
    )


def following(rows: list[dict[str, Any]]) -> str | None:
    """The scenario to offer next: the first that was not passed, in the order from easy to hard."""
    return next((str(row["id"]) for row in rows if not row["passed"]), None)


def running(owner: Owner) -> dict[str, Any]:
    """What runs here, or was interrupted."""
    session = owner.session
    present = session if session is not None and session.state not in ENDED else None
    left = owner.resumable()
    if present is not None or (left is not None and session is not None and session.resumes == left.run):
        left = None  # it goes on, or has its own card that says why it does not
    return {
        "running": None if present is None else shown(present),
        "place": place_to_be(present),
        "ended": None if session is None or session.state not in ENDED else shown(session),
        "unfinished": None if left is None else {"scenario": left.scenario, "seed": left.seed},
    }


async def watched(session: Session, _query: Mapping[str, str]) -> tuple[dict[str, Any], Parts]:
    """The card of what runs."""
    return (
        {"running": shown(session), "place": place_to_be(session), "ended": None, "unfinished": None},
        {"running": "parts/running.html"},
    )


@router.post("/start")
async def start(request: Request) -> Response:
    """Start a scenario, or without one go on with what a crash interrupted; then see it start."""
    form = await sent(request)
    await owner_of(request).start(
        form.one("scenario") or None,
        _seed(form.one("seed")),
        level=form.one("level") or None,
        windows="prove" if form.one("pace") == "prove" else "learn",
    )
    return go(request, "incident/overview")


def _seed(text: str) -> int | None:
    if text and not (text.isdecimal() and len(text) <= 10 and int(text) <= MOST_SEED):
        hint = f"A seed is a whole number from 0 to {MOST_SEED}, such as 7; or leave it empty."
        raise UsageError(f"{text[:20]!r} is not a seed.", hint)
    return int(text) if text else None


@router.post("/session/reset")
async def reset(request: Request) -> Response:
    """The same scenario from scratch."""
    await owner_of(request).reset(_seed((await sent(request)).one("seed")))
    return go(request, "incident/overview")


@router.post("/session/stop")
async def stop(request: Request) -> Response:
    """End the session; the report shows what it came to."""
    session = owner_of(request).current()
    anything = bool(session.ledger.rungs or session.ledger.loads)
    await owner_of(request).stop()
    return go(request, "debrief" if anything else "")
