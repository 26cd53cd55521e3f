"""Traces: requests found by what happened in them, and one request step by step."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from lab.console import searches
from lab.console.investigate import trace_page
from lab.console.pages import incident
from lab.console.pages.logs import Filter
from lab.console.sessions import session_of
from lab.console.waterfall import waterfall
from lab.console.windows import window_of
from lab.core.errors import LabError
from lab.probes import command
from lab.session.session import Session
from lab.session.states import ENDED
from lab.telemetry import Scope, as_json

router = APIRouter(include_in_schema=False)
PAGE = 50


@router.get("/incident/traces")
async def show(
    request: Request,
    q: Annotated[str, Query(max_length=1200)] = "",
    since: incident.Text = None,
    until: incident.Text = None,
) -> Response:
    """The search page."""
    session = session_of(request)
    found: dict[str, Any] = {}
    if session.state not in ENDED:
        found = await searched(session, q, since or None, until or None)
    return await incident.tab(request, "traces", "incident/traces.html", q=q, **found)


async def searched(session: Session, q: str, since: str | None, until: str | None) -> dict[str, Any]:
    """The newest matching requests, with what one may filter by."""
    found: dict[str, Any] = {
        "spans": incident.spans(session, since, until, "Whole run"),
        "query": {"q": q, "since": since, "until": until},
        "filters": filters(q, session.telemetry.routes(Scope(service="gateway"))),
        "command": command("traces", *([q] if q else []), since=since and since.removeprefix("-"), until=until),
        "problem": None,
        "traces": [],
        "slowest_ms": 0.0,
    }
    try:
        window = window_of(session, since, until)
        rows = await asyncio.to_thread(session.telemetry.traces, q, window, PAGE)
    except LabError as error:
        return found | {"problem": {"what": error.what, "hint": error.hint}}
    return found | {
        "traces": [as_json(row) for row in rows],
        "slowest_ms": max((row.duration_ms for row in rows), default=0.0),
    }


def filters(q: str, routes: list[str]) -> list[tuple[str, list[Filter]]]:
    """Switches: what went wrong, and which kind of request."""
    wrong = [("Failed", "status:error", "status"), ("Slow, over 500 ms", "duration:>500", "duration")]
    switches = [
        Filter(text, searches.replaced(q, field, None if searches.has(q, term) else term), searches.has(q, term))
        for text, term, field in wrong
    ]
    kinds = [
        Filter(route, searches.replaced(q, "root", None if on else wanted), on)
        for route in routes[:8]
        if not route.endswith("(no route)")
        for wanted in [searches.term("root", route)]
        for on in [searches.has(q, wanted)]
    ]
    return [("What went wrong", switches), ("Request", kinds)]


@router.get("/incident/traces/{trace_id}")
async def one(request: Request, trace_id: str) -> Response:
    """One request as a waterfall, with what was logged on the way."""
    session = session_of(request)
    if session.state in ENDED:
        return await incident.tab(request, "traces", "incident/trace.html")
    trace = await asyncio.to_thread(session.telemetry.trace, trace_id)
    logs = await asyncio.to_thread(session.telemetry.logs, f"trace:{trace.trace_id}", None, 100)
    found = trace_page(trace)
    return await incident.tab(
        request,
        "traces",
        "incident/trace.html",
        trace=found,
        bars=waterfall(found),
        logs=sorted((as_json(log) | {"ref": f"log:{log.id}"} for log in logs), key=lambda row: row["time_s"]),
    )
