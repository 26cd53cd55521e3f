"""The partner's public pages, as its customers read them: status, changelog, pages for developers."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from lab.console import shop
from lab.console.pages import incident
from lab.console.sessions import session_of
from lab.core.errors import Conflict, LabError

router = APIRouter(include_in_schema=False)
NAMES = {"status": "Status page", "changelog": "Changelog", "developers": "For developers"}


@router.get("/incident/partner")
@router.get("/incident/partner/{name}")
async def show(request: Request, name: str = "status") -> Response:
    """One of the pages; its text is a stranger's and treated as such."""
    session = session_of(request)
    text, problem = None, None
    try:
        text = (await shop.partner_page_of(shop.up(session), name))["text"]
    except Conflict as error:
        problem = {"what": error.what, "hint": error.hint}
    except LabError:
        if name not in NAMES:
            raise
    return await incident.tab(
        request,
        "partner",
        "incident/partner.html",
        names=NAMES,
        name=name,
        text=text,
        problem=problem,
    )
