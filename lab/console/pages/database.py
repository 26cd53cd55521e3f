"""The database: what it is asked and what that costs, how it would run a query, and read-only queries of one's own."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from lab.console import shop
from lab.console.pages import incident
from lab.console.plans import explained
from lab.console.rendering import go
from lab.console.sessions import session_of
from lab.console.windows import window_of
from lab.core.errors import LabError
from lab.probes import command
from lab.session import rehearsal
from lab.session.session import Session
from lab.session.states import ENDED, LIVE
from lab.telemetry import as_json

router = APIRouter(include_in_schema=False)


@router.get("/incident/database")
async def show(
    request: Request,
    q: Annotated[str, Query(max_length=10_000)] = "",
    explain: str = "",
    copied: Annotated[str, Query(alias="copy")] = "",
    since: incident.Text = None,
    until: incident.Text = None,
) -> Response:
    """Statements by cost, the tables, and a query's answer. Queries only read, so they may stand in an address."""
    session = session_of(request)
    context: dict[str, Any] = {"q": q, "explain": bool(explain), "copy": bool(copied)}
    if session.state not in ENDED:
        context |= await asked(session, q, bool(explain), copy=bool(copied))
        context |= {
            "rehearsable": session.file.rehearsal is not None and session.state in LIVE,
            "rehearsed": session.rehearsed,
        }
        window = window_of(session, since or None, until or None)
        slow = await asyncio.to_thread(session.telemetry.slow_sql, window, 20)
        context |= {
            "statements": [as_json(one) for one in slow],
            "spans": incident.spans(session, since or None, until or None, "Whole run"),
            "window": [window.start_s, window.end_s],
        }
    return await incident.tab(request, "database", "incident/database.html", **context)


@router.post("/incident/database/rehearse")
async def rehearse(request: Request) -> Response:
    """Run the lesson's migration on a copy; the page then offers the copy."""
    await rehearsal.rehearse(session_of(request))
    return go(request, "incident/database", anchor="rehearsal")


async def asked(session: Session, q: str, explain: bool, *, copy: bool = False) -> dict[str, Any]:
    """The tables, and the answer to a query or what is wrong with it."""
    context: dict[str, Any] = {"rows": None, "problem": None, "plan": [], "tables": []}
    flags = [flag for flag, on in (("--copy", copy), ("--explain", explain)) if on]
    context["command"] = command("sql", *flags, q) if q else command("sql", "--slow")
    if session.system.customers is None:
        return context
    try:
        context["tables"] = (await shop.tables_of(session, copy=copy))["tables"]
        if q.strip():
            rows = await shop.up(session).runtime.rows(q, explain=explain, copy=copy)
            context |= {"rows": as_json(rows), "plan": explained(rows.plan or [])}
    except LabError as error:
        context["problem"] = {"what": error.what, "hint": error.hint}
    return context
