"""Keeping evidence from a page: one click beside any log line, trace or chart."""

import asyncio
import json
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from lab.console.forms import Sent, sent
from lab.console.notebook import notebook
from lab.console.rendering import HEADERS, back, fragments, render, wants_part
from lab.console.sessions import session_of
from lab.console.windows import window_of
from lab.core.errors import UsageError
from lab.session import cites
from lab.session.ledger import is_same
from lab.session.session import Session

router = APIRouter(include_in_schema=False)


@router.post("/cites")
async def keep(request: Request) -> Response:
    """Keep a record (`ref`), or a measurement (`probe`) over a span of time; the notebook shows it."""
    session, form = session_of(request), await sent(request)
    kept = await _kept(session, form)
    if not wants_part(request):
        return back(request, form.one("back"))
    return await _told(request, session, form.one("back"), f"Kept as {kept['id']}: {kept['summary']}")


async def _kept(session: Session, form: Sent) -> dict[str, Any]:
    ref = form.one("ref")
    if ref:
        same = next((name for name, one in session.ledger.cites.items() if is_same(str(one["ref"]), ref)), None)
        if same is not None:
            return {"id": same, "summary": "you have this one already"}
        return await cites.cite(session, ref)
    try:
        probe = json.loads(form.one("probe"))
    except ValueError:
        raise UsageError("There is nothing to keep.", "Use the button beside a log line, a trace or a chart.") from None
    window = window_of(session, form.one("since") or None, form.one("until") or None, "incident")
    return await cites.cite_probe(session, probe, window)


@router.post("/cites/{name}/drop")
async def drop(request: Request, name: str) -> Response:
    """Drop a piece of evidence."""
    session, form = session_of(request), await sent(request)
    cites.uncite(session, name)
    if not wants_part(request):
        return back(request, form.one("back"))
    return await _told(request, session, form.one("back"), f"Dropped {name}.")


async def _told(request: Request, session: Session, here: str, text: str) -> HTMLResponse:
    """The notebook as it is now, wherever the page has one, and a sentence for everybody."""
    notes = await asyncio.to_thread(notebook, session)
    inside = {
        "notebook": render(request, "parts/notebook.html", notebook=notes, here=here),
        "toast": render(request, "parts/toast.html", text=text),
    }
    return HTMLResponse(fragments(inside), headers=HEADERS)
