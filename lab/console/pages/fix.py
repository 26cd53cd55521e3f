"""Fix and prove: what could be done, done to the running shop; and the load test that says whether it holds."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, Response

from lab.console.pages import overview
from lab.console.rendering import HEADERS, Parts, go, page
from lab.console.sessions import owner_of, session_of
from lab.core.errors import NotFound
from lab.session import customers, fixes, verdict
from lab.session.impact import impact
from lab.session.session import Session
from lab.session.states import ENDED, LIVE

router = APIRouter(include_in_schema=False)
FIGURES = (
    ("lost_share", "Orders lost, of those tried", "share", "less"),
    ("paid_per_min", "Orders paid a minute", "count", "more"),
    ("longest_wait_s", "Longest wait to be paid", "seconds", "less"),
    ("error_share", "Requests that failed", "share", "less"),
    ("p50", "Half answered within", "ms", "less"),
    ("p95", "95 of 100 answered within", "ms", "less"),
    ("p99", "99 of 100 answered within", "ms", "less"),
    ("rate", "Requests a second", "rate", ""),
)
FILES = {"html": "locust.html", "csv": "locust-stats.csv"}


@router.get("/fix")
async def show(request: Request) -> Response:
    """The fixes, the graphs that answer, and the newest load test."""
    session = session_of(request)
    if session.state in ENDED:
        return page(request, "incident/ended.html", room_key="fix")
    return page(request, "fix.html", room_key="fix", live_path="fix", **await seen(session))


async def seen(session: Session) -> dict[str, Any]:
    """What the room shows now."""
    if session.state not in LIVE:
        return {"open": False}
    graphs = await asyncio.to_thread(overview.seen, session, None, None, None, None, None)
    load, now = session.file.load, session.clock.now()
    test = session.load_test
    return graphs | {
        "open": True,
        "offered": fixes.offered(session),
        "in_force": next((one for one in fixes.offered(session) if one["applied"]), None),
        "applied_at": session.moments.mitigation_at,
        "further_cost": fixes.further_costs(session),
        "impact": await asyncio.to_thread(impact, session),
        "load": verdict.shown(session),
        "loads": session.ledger.loads,
        "load_stages": customers.stages(session),
        "load_warm_up": load.warm_up if load is not None else 0.0,
        "busy": session.busy.locked(),
        "since_s": None if session.moments.mitigation_at is None else now - session.moments.mitigation_at,
        "comparison": _comparison(test.result if test is not None else None),
        "files": _files(test.result if test is not None else None),
    }


def _comparison(result: dict[str, Any] | None) -> list[dict[str, Any]]:
    """Before and after, with how long a bar each gets."""
    if result is None or not result.get("before"):
        return []
    rows = []
    sides = [_with_share(result[side]) for side in ("before", "after")]
    for key, title, unit, wanted in FIGURES:
        before, after = (side.get(key) for side in sides)
        most = max(before or 0.0, after or 0.0)
        rows.append(
            {
                "title": title,
                "unit": unit,
                "before": before,
                "after": after,
                "before_bar": 100 * (before or 0.0) / most if most else 0.0,
                "after_bar": 100 * (after or 0.0) / most if most else 0.0,
                "better": _better(before, after, wanted),
            }
        )
    return rows


def _with_share(side: dict[str, Any]) -> dict[str, Any]:
    """With the share of orders lost: both sides last differently long, so their sums cannot be compared."""
    attempts = side.get("attempts") or 0
    return {**side, "lost_share": min(1.0, side["lost"] / attempts) if attempts else None}


def _better(before: float | None, after: float | None, wanted: str) -> str:
    if before is None or after is None or not wanted or abs(before - after) <= 0.1 * max(before, after):
        return ""
    return "better" if (after > before) == (wanted == "more") else "worse"


def _files(result: dict[str, Any] | None) -> list[str]:
    known = (result or {}).get("files", {})
    return [kind for kind in FILES if known.get(kind)]


@router.post("/fix/apply/{name}")
async def apply(request: Request, name: str) -> Response:
    """Apply one."""
    await fixes.apply(session_of(request), name)
    return go(request, "fix", anchor="in-force")


@router.post("/fix/undo")
async def undo(request: Request) -> Response:
    """Take it back."""
    await fixes.undo(session_of(request))
    return go(request, "fix")


@router.post("/fix/load")
async def load(request: Request) -> Response:
    """Run the load test; the page shows how it goes."""
    await verdict.start(session_of(request), owner_of(request).after_answer)
    return go(request, "fix", anchor="load")


@router.get("/fix/load/{kind}")
async def file(request: Request, kind: str) -> Response:
    """A file that Locust wrote, to keep; never shown inside the console, whose pages run no foreign script."""
    test = session_of(request).load_test
    known = (test.result or {}).get("files", {}) if test is not None else {}
    found = known.get(kind) if kind in FILES else None
    path = Path(found) if found else None
    if path is None or not path.is_file():
        raise NotFound("There is no such file.", "Run the load test first: `lab load`")
    headers = {name: value for name, value in HEADERS.items() if name != "Cache-Control"}
    return FileResponse(path, filename=FILES[kind], headers=headers)


async def watched(session: Session, _query: Mapping[str, str]) -> tuple[dict[str, Any], Parts]:
    """The graphs, what is in force, and how the load test goes."""
    context = await seen(session)
    if not context["open"]:
        return context, {}
    return context, {
        "not-open": "parts/opened.html",
        "in-force": "parts/in_force.html",
        "offers": "parts/offers.html",
        "graphs": "parts/graphs.html",
        "load": "parts/load.html",
        "verdict": "parts/verdict.html",
    }
