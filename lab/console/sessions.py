"""Routes of the session's life: start, status, brief, reset, stop."""

import asyncio
import time
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict

from lab.console.onward import next_steps, place_to_be
from lab.core.errors import Conflict
from lab.questions.steps.received import LEARNER
from lab.session import answers, offline
from lab.session.owner import Owner
from lab.session.session import Session, WindowsName
from lab.session.states import ENDED, LIVE

router = APIRouter(prefix="/api", tags=["session"])


class StartRequest(BaseModel):
    """What to start; without a scenario, what a crash interrupted goes on. `level`: the most difficult draw wanted."""

    model_config = ConfigDict(extra="forbid")

    scenario: str | None = None
    seed: int | None = None
    level: str | None = None
    runtime: str | None = None
    gateway_port: int | None = None
    windows: WindowsName = "learn"


class ResetRequest(BaseModel):
    """With which seed to begin again."""

    model_config = ConfigDict(extra="forbid")

    seed: int | None = None


def owner_of(request: Request) -> Owner:
    """The one owner."""
    owner: Owner = request.app.state.owner
    return owner


def session_of(request: Request) -> Session:
    """The present session; NothingRunning otherwise."""
    return owner_of(request).current()


def running_of(request: Request) -> Session:
    """The present session with its shop and its telemetry; Conflict once it has ended, for both are gone then."""
    return still_running(session_of(request))


def still_running(session: Session) -> Session:
    """The session, unless it has ended: Conflict then."""
    if session.state in ENDED:
        raise gone(session)
    return session


def gone(session: Session) -> Conflict:
    """What is answered to whoever needs the shop, or the telemetry, of a session that has ended."""
    return Conflict(
        "This session has ended: its shop is closed, and its telemetry is gone.",
        f"Read its report (`lab report`), or start again: `lab start {session.variant.scenario.id}`",
    )


def clock_text(at_s: float) -> str:
    """A moment as texts show it."""
    return time.strftime("%H:%M", time.localtime(at_s))


def shown(session: Session) -> dict[str, Any]:
    """The session as GET /api/session answers it."""
    moments, now = session.moments, session.clock.now()
    windows: dict[str, Any] = {
        name: [window.start_s, window.end_s]
        for name, window in session.named_windows().items()
        if name in ("baseline", "incident", "load")
    }
    if "incident" in windows and moments.fixed_at is None and moments.first_load_at is None:
        windows["incident"][1] = None
    opened = session.state in LIVE
    mitigation = next((one for one in session.file.mitigations if one.id == session.mitigation), None)
    test = session.load_test
    return {
        "id": session.id,
        "state": session.state.value,
        "ended_because": session.ended_because or None,
        "scenario": session.variant.scenario.id,
        # a control looks like an incident: that nothing is wrong is what the learner has to find out
        "shape": "incident" if session.file.shape == "control" else session.file.shape,
        "title": session.file.title,
        "level": session.file.level,
        "minutes": session.file.minutes,
        "seed": session.variant.seed,
        "runtime": session.runtime.name,
        "started_at": moments.started,
        "now": now,
        "steps": [
            {"name": one.name, "text": one.text, "state": one.state, "seconds": one.seconds} for one in session.steps
        ],
        "pager": pager(session) if opened else None,
        "pager_at": moments.open_at,
        "addresses": {"console": session.console_url, "gateway": session.runtime.addresses.get("gateway")},
        "key": session.key,
        "keys": [
            {"name": one.name.removeprefix(f"{LEARNER}-"), "role": one.role, "scopes": list(one.scopes), "key": one.key}
            for one in session.keys
        ],
        "sandbox": None
        if session.sandbox is None
        else {
            "url": session.addresses().get("sandboxUrl"),
            "key": session.sandbox.key,
            "inbox": session.addresses().get("inboxUrl"),
        },
        "windows": {"baseline": None, "incident": None, "load": None, **windows},
        "score": session.ledger.score(answers.points_of(session)),
        "mitigation": None
        if mitigation is None
        else {
            "id": mitigation.id,
            "text": mitigation.text,
            "applied_at": moments.mitigation_at,
            "planned": bool(mitigation.during_load),
        },
        "load": None
        if test is None
        else {
            "state": test.state,
            "verdict": "running" if test.state == "running" else (test.result or {}).get("verdict"),
            "progress": test.shown(now)["progress"],
        },
        "error": None
        if session.error is None
        else {"what": session.error.what, "hint": session.error.hint, "exit_code": session.error.exit_code},
        "processes": dict(session.runtime.pids()),
        "next": next_steps(session),
        "page": place_to_be(session),
        "resumed": session.resumed,
    }


def pager(session: Session) -> str | None:
    """The pager message with this run's time; None when the lesson has none."""
    if session.file.pager is None:
        return None
    opened = session.moments.open_at or session.moments.started
    return session.variant.text("pager", now=clock_text(opened))


@router.get("/scenarios")
async def scenarios(request: Request) -> list[dict[str, Any]]:
    """Every scenario that can be started."""
    owner = owner_of(request)
    return await asyncio.to_thread(offline.scenarios, owner.scenario_dirs, owner.home.root)


@router.post("/session", status_code=202)
async def start(request: Request, body: StartRequest) -> dict[str, Any]:
    """Start a scenario; the answer comes at once, progress by GET. `left_alone`: old sessions nobody can read."""
    owner = owner_of(request)
    session = await owner.start(
        body.scenario,
        body.seed,
        level=body.level,
        runtime=body.runtime,
        windows=body.windows,
        gateway_port=body.gateway_port,
    )
    return {**shown(session), "left_alone": [{"what": one.what, "hint": one.hint} for one in owner.left_alone]}


@router.get("/session")
async def status(request: Request) -> dict[str, Any]:
    """Where the session stands. `forwarding`: how sending telemetry to another collector goes, if it is sent."""
    forwarder = request.app.state.forwarder
    return {**shown(session_of(request)), "forwarding": None if forwarder is None else forwarder.told()}


@router.post("/session/reset", status_code=202)
async def reset(request: Request, body: ResetRequest) -> dict[str, Any]:
    """Begin the same scenario again from scratch."""
    return shown(await owner_of(request).reset(body.seed))


@router.post("/session/stop")
async def stop(request: Request) -> dict[str, Any]:
    """End the session; the console stays."""
    page = await owner_of(request).stop()
    return {"stopped": True, "report": None if page is None else str(page)}


@router.get("/brief")
async def brief(request: Request) -> dict[str, Any]:
    """The brief, the pager message once it came, and three things to try."""
    session = session_of(request)
    return {
        "brief": session.variant.text("brief", now=clock_text(session.moments.started)),
        "pager": pager(session) if session.state in LIVE else None,
        "first_steps": next_steps(session),
    }


@router.get("/progress")
async def progress(request: Request) -> dict[str, Any]:
    """What this learner has done so far."""
    return await asyncio.to_thread(offline.progress, owner_of(request).home.root)
