"""Try it: calling the shop's API with one's own key, and seeing everything that comes back."""

import json
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from lab.console import shop
from lab.console.forms import Sent, sent
from lab.console.operations import Operation, operations
from lab.console.pages import incident
from lab.console.rendering import part, wants_part
from lab.console.sessions import session_of
from lab.core.errors import LabError, UsageError
from lab.session import offline
from lab.session.session import Session
from lab.session.states import ENDED

router = APIRouter(include_in_schema=False)
FREE = "free"


@router.get("/incident/api")
async def show(request: Request, operation: Annotated[str, Query(max_length=100)] = "") -> Response:
    """The form of one operation."""
    session = session_of(request)
    context: dict[str, Any] = {"answer": None, "problem": None}
    if session.state not in ENDED:
        context |= await _form(session, operation)
    return await incident.tab(request, "api", "incident/api.html", **context)


async def _form(session: Session, wanted: str) -> dict[str, Any]:
    if session.system.customers is None:
        return {"offered": [], "operation": None, "key": session.key, "gateway": None}
    try:
        offered = await operations(session)
    except LabError as error:
        return {
            "offered": [],
            "operation": None,
            "key": session.key,
            "gateway": None,
            "problem": {"what": error.what, "hint": error.hint},
        }
    chosen = next((one for one in offered if one.id == wanted), None)
    if chosen is None and wanted != FREE:
        chosen = offered[0] if offered else None
    return {
        "offered": offered,
        "operation": chosen,
        "key": session.key,
        "gateway": session.runtime.addresses.get("gateway"),
    }


@router.post("/incident/api")
async def call(request: Request, operation: Annotated[str, Query(max_length=100)] = "") -> Response:
    """Send what the form says; the answer stands below it."""
    session, form = session_of(request), await sent(request)
    context = await _form(session, operation)
    answer, problem = None, None
    try:
        answer = await shop.sent_by(shop.up(session), _asked(form, context["operation"]))
    except LabError as error:
        problem = {"what": error.what, "hint": error.hint}
    if answer is not None:
        if answer["json"] is not None:
            answer["body"] = json.dumps(answer["json"], indent=2, ensure_ascii=False)
        status = str(answer["status"])
        answer["term"] = status if status in offline.terms() else f"{status[0]}xx"
    context |= {"answer": answer, "problem": problem}
    if wants_part(request):
        return part(request, "incident/parts/answer.html", **context)
    return await incident.tab(request, "api", "incident/api.html", **context)


def _asked(form: Sent, operation: Operation | None) -> shop.ShopRequest:
    """The request a form describes; UsageError when its body is not JSON or a header is none."""
    path = form.one("path") if operation is None else operation.path
    query: dict[str, str] = {}
    headers = dict(_header(line) for line in form.one("headers").splitlines() if line.strip())
    for parameter in operation.parameters if operation else ():
        value = form.one(f"p-{parameter.name}")
        if parameter.place == "path":
            path = path.replace(f"{{{parameter.name}}}", quote(value, safe=""))
        elif value and parameter.place == "query":
            query[parameter.name] = value
        elif value and parameter.place == "header":
            headers[parameter.name] = value
    body = form.one("body")
    return shop.ShopRequest(
        method=form.one("method", "GET") if operation is None else operation.method,
        path=f"{path}?{urlencode(query)}" if query else path,
        headers=headers,
        body=body or None,
        key=form.one("key") == "yes",
    )


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip() or " " in name.strip():
        raise UsageError(f"{text.strip()[:60]!r} is not a header.", "Write one a line, as `Name: value`.")
    return name.strip(), value.strip()
