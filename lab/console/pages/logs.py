"""Logs: searched, counted over time, filtered by clicking, each a step away from its request and from the notebook."""

import asyncio
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from lab.console import searches
from lab.console.investigate import log_row
from lab.console.pages import incident
from lab.console.rendering import part, wants_part
from lab.console.sessions import session_of, still_running
from lab.console.windows import window_of
from lab.core.errors import LabError
from lab.probes import command
from lab.session import detail
from lab.session.session import Session
from lab.session.states import ENDED

router = APIRouter(include_in_schema=False)
PAGE = 50


@dataclass(frozen=True, slots=True)
class Filter:
    """A term one can switch on and off: how it reads, the search it leads to, and whether it is on."""

    text: str
    query: str
    on: bool


@router.get("/incident/logs")
async def show(
    request: Request,
    q: Annotated[str, Query(max_length=1200)] = "",
    since: incident.Text = None,
    until: incident.Text = None,
    before: int | None = None,
) -> Response:
    """The search page."""
    session = session_of(request)
    found: dict[str, Any] = {}
    if session.state not in ENDED:
        found = await searched(session, q, since or None, until or None, before)
    return await incident.tab(request, "logs", "incident/logs.html", q=q, before=before, **found)


async def searched(
    session: Session, q: str, since: str | None, until: str | None, before: int | None
) -> dict[str, Any]:
    """The newest matching records, how many there are, and when."""
    telemetry = session.telemetry
    query = {"q": q, "since": since, "until": until}
    found: dict[str, Any] = {
        "spans": incident.spans(session, since, until, "Whole run"),
        "query": query,
        "filters": filters(q, telemetry.services()),
        "command": command("logs", *([q] if q else []), since=since and since.removeprefix("-"), until=until),
        "problem": None,
        "logs": [],
        "count": 0,
        "histogram": None,
        "window": None,
    }
    try:
        window = window_of(session, since, until)
        logs, count, histogram = await asyncio.gather(
            asyncio.to_thread(telemetry.logs, q, window, PAGE, before),
            asyncio.to_thread(telemetry.log_count, q, window),
            asyncio.to_thread(detail.log_histogram, session, q, window),
        )
    except LabError as error:
        return found | {"problem": {"what": error.what, "hint": error.hint}}
    return found | {
        "logs": [log_row(log) for log in logs],
        "count": count,
        "histogram": histogram,
        "window": [window.start_s, window.end_s],
        "older": logs[-1].id if len(logs) == PAGE else None,
    }


def filters(q: str, services: list[str]) -> list[tuple[str, list[Filter]]]:
    """Switches for what one filters by most: level and service."""
    rows = [("Level", "level", ["error", "warn", "info"]), ("Service", "service", services)]
    return [
        (
            title,
            [
                Filter(value, searches.replaced(q, field, None if on else wanted), on)
                for value in values
                for wanted in [searches.term(field, value)]
                for on in [searches.has(q, wanted)]
            ],
        )
        for title, field, values in rows
    ]


@router.get("/incident/logs/{log_id}")
async def one(request: Request, log_id: int, q: Annotated[str, Query(max_length=1200)] = "") -> Response:
    """One record with all its fields; as a part of the search page, or as a page of its own."""
    session = session_of(request)
    if session.state in ENDED and not wants_part(request):
        return await incident.tab(request, "logs", "incident/log.html")
    log = await asyncio.to_thread(still_running(session).telemetry.log, log_id)
    row = log_row(log)
    context: dict[str, Any] = {"log": row, "fields": fields_of(row, q), "q": q}
    if wants_part(request):
        return part(request, "incident/parts/fields.html", **context)
    same = f"trace:{log.trace_id}" if log.trace_id else ""
    others = await asyncio.to_thread(session.telemetry.logs, same, None, 30) if same else []
    rows = sorted((log_row(other) for other in others), key=lambda other: (other["time_s"], other["id"]))
    return await incident.tab(request, "logs", "incident/log.html", others=rows, **context)


def fields_of(row: dict[str, Any], q: str) -> list[dict[str, Any]]:
    """Every field of a record with the searches that keep or leave out its value."""
    named = {"service": row["service"], "level": row["severity"].lower(), "event": row["event"]}
    named |= {"trace": row["trace_id"], **row["attributes"]}
    return [
        {
            "name": name,
            "value": value,
            "only": searches.added(q, searches.term(name, value)),
            "without": searches.added(q, searches.term(name, value, negated=True)),
        }
        for name, value in named.items()
        if value is not None and value != ""
    ]
