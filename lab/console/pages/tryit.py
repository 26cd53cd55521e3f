"""Try it: calling the shop's API with one's own key, and seeing everything that comes back and what has arrived."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from lab.console import shop
from lab.console.drafts import Draft, draft_of
from lab.console.forms import Sent, sent
from lab.console.operations import Operation, operations, read
from lab.console.pages import incident
from lab.console.rendering import Parts, part, wants_part
from lab.console.sessions import running_of, session_of
from lab.core.errors import LabError, UsageError
from lab.export.lesson import ADDRESSES
from lab.session import offline, steps
from lab.session.session import Session
from lab.session.states import ENDED

router = APIRouter(include_in_schema=False)
FREE = "free"
MOST_RECEIVED = 40
INBOX = "/inbox/{token}"
RECEIVERS = {"shop": "The shop", "sandbox": "Paylane", "inbox": "Your inbox"}
Name = Annotated[str, Query(max_length=100)]
To = Literal["shop", "sandbox", "inbox"]


@router.get("/incident/api")
async def show(request: Request, operation: Name = "", to: To = "shop", step: Name = "") -> Response:
    """The form of one operation; with `step`, filled in with the request that does this step of the lesson."""
    session = session_of(request)
    context: dict[str, Any] = {"answer": None, "problem": None}
    if session.state not in ENDED:
        context |= await _form(request, session, operation, to, step) | await _received(session)
    return await incident.tab(request, "api", "incident/api.html", watch="api", **context)


async def _form(request: Request, session: Session, wanted: str, to: To, step: str) -> dict[str, Any]:
    draft = await asyncio.to_thread(draft_of, session, step) if step else None
    if draft is not None:
        to, wanted = draft.to, FREE
    context: dict[str, Any] = {
        "offered": [],
        "operation": None,
        "to": to,
        "receivers": {name: text for name, text in RECEIVERS.items() if name == "shop" or session.sandbox is not None},
        "draft": draft
        or Draft(to=to, path={"shop": "/api/v1/products", "sandbox": "/v2/payments"}.get(to, "/messages")),
        "address": session.addresses().get(ADDRESSES[to]),
    }
    if session.system.customers is None:
        return context
    try:
        offered = await _offered(request, session, to)
    except LabError as error:
        return context | {"problem": {"what": error.what, "hint": error.hint}}
    chosen = next((one for one in offered if one.id == wanted), None)
    if chosen is None and wanted != FREE:
        chosen = offered[0] if offered else None
    return context | {"offered": offered, "operation": chosen}


async def _offered(request: Request, session: Session, to: To) -> list[Operation]:
    """What a receiver can be asked for. The inbox is the console's own, so its contract is as well."""
    if to != "inbox":
        return await operations(session, {"shop": "gateway", "sandbox": "partner"}[to])
    paths = request.app.openapi()["paths"]
    own = {path.removeprefix(INBOX): methods for path, methods in paths.items() if path.startswith(INBOX)}
    return [replace(one, parameters=(), group="Inbox") for one in read({"paths": own})]


async def _received(session: Session) -> dict[str, Any]:
    """The newest requests that arrived with the learner's keys, in lessons that are about them."""
    if not steps.asked(session):
        return {"received": None}
    found = await asyncio.to_thread(steps.received, session)
    return {"received": [steps.one_received(one) for one in found[: -MOST_RECEIVED - 1 : -1]], "arrived": len(found)}


async def watched(session: Session, query: Mapping[str, str]) -> tuple[dict[str, Any], Parts]:
    """What stands around the tab, and what has arrived."""
    context, parts = await incident.watched(session, query)
    found = await _received(session)
    if found["received"] is not None:
        parts["received-rows"] = "incident/parts/received.html"
    return context | found, parts


@router.post("/incident/api")
async def call(request: Request, operation: Name = "", to: To = "shop", step: Name = "") -> Response:
    """Send what the form says; the answer stands below it."""
    session, form = running_of(request), await sent(request)
    context = await _form(request, session, operation, to, step)
    answer, problem = None, None
    try:
        answer = await shop.sent_by(shop.up(session), _asked(form, context["operation"], to))
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
    context |= await _received(session)
    return await incident.tab(request, "api", "incident/api.html", watch="api", **context)


def _asked(form: Sent, operation: Operation | None, to: To) -> shop.ShopRequest:
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
        key=form.one("key") or False,
        to=to,
    )


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip() or " " in name.strip():
        raise UsageError(f"{text.strip()[:60]!r} is not a header.", "Write one a line, as `Name: value`.")
    return name.strip(), value.strip()
