"""The glossary: any term in plain words, with a question worth asking. It needs no running lab."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from lab.console.pages import incident
from lab.console.rendering import page, part, wants_part
from lab.core.errors import LabError
from lab.session import offline
from lab.session.states import ENDED

router = APIRouter(include_in_schema=False)


@router.get("/incident/glossary")
@router.get("/incident/glossary/{name:path}")
async def show(request: Request, name: str = "", q: Annotated[str, Query(max_length=80)] = "") -> Response:
    """Every term, or one of them; `q` looks one up by any of its spellings."""
    names = await asyncio.to_thread(offline.terms)
    wanted, term, problem = name or q, None, None
    if wanted:
        try:
            term = await asyncio.to_thread(offline.term, wanted)
        except LabError as error:
            problem = {"what": error.what, "hint": error.hint}
    shorts = {} if term else await asyncio.to_thread(lambda: {one: offline.term(one)["short"] for one in names})
    context: dict[str, Any] = {"term": term, "problem": problem, "names": names, "shorts": shorts, "q": q}
    if wants_part(request) and term:
        return part(request, "parts/term.html", **context)
    session = incident.present(request)
    if session is None or session.state in ENDED:
        return page(request, "glossary_alone.html", room_key="incident", **context)
    return await incident.tab(request, "glossary", "incident/glossary.html", **context)
