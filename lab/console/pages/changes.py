"""The company's change feed: what was changed, when, by whom. What a third party changes is not in it."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from lab.console.pages import incident
from lab.console.sessions import session_of

router = APIRouter(include_in_schema=False)


@router.get("/incident/changes")
async def show(request: Request) -> Response:
    """The feed, newest first, beside the moments that matter in this story."""
    session = session_of(request)
    moments = session.moments
    rows = [{**row, "kind": "change"} for row in session.public_feed()]
    for time_s, text in (
        (moments.open_at, "The pager message came" if session.file.pager is not None else "The lesson opened"),
        (moments.started, "You came to work"),
    ):
        if time_s is not None:
            rows.append({"time_s": time_s, "what": text, "service": "", "version": None, "by": "", "kind": "moment"})
    rows.sort(key=lambda row: float(row["time_s"]), reverse=True)
    return await incident.tab(request, "changes", "incident/changes.html", rows=rows, now=session.clock.now())
