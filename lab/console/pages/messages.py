"""The inbox: what other companies' webhooks brought, whether it is genuine, and what it is answered with."""

import json
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from lab.console.forms import Sent, sent
from lab.console.inbox import sandbox_of, shown
from lab.console.pages import incident
from lab.console.rendering import Parts, go, part, wants_part
from lab.console.sessions import session_of
from lab.core.errors import LabError, UsageError
from lab.session.inbox import Delivery, Inbox
from lab.session.session import Session
from lab.session.states import ENDED

router = APIRouter(include_in_schema=False)
AGENT = "console/1"
MOST = 50


@router.get("/incident/inbox")
async def show(request: Request) -> Response:
    """Every message, newest first, and a form to check one. Looking here counts as looking into the inbox."""
    session = session_of(request)
    if session.state in ENDED:
        return await incident.tab(request, "inbox", "incident/inbox.html")
    sandbox_of(request)
    return await _page(request, session)


async def _page(request: Request, session: Session, **more: Any) -> Response:
    context = {"told": None, "problem": None, "given": {"message": "", "secret": ""}, **seen(session), **more}
    return await incident.tab(request, "inbox", "incident/inbox.html", watch="inbox", **context)


def seen(session: Session) -> dict[str, Any]:
    """What the page shows now."""
    inbox = session.sandbox.inbox if session.sandbox is not None else Inbox()
    newest = inbox.deliveries[: -MOST - 1 : -1]
    _look(inbox)
    return {
        "messages": [_message(one) for one in newest],
        "answers": inbox.answer,
        "address": session.addresses().get("inboxUrl"),
    }


def _look(inbox: Inbox) -> None:
    """Who has the page open looks at each message that comes in, as who asks for the list does."""
    looked_s = max((one.start_s for one in inbox.calls if one.operation == "GET /messages"), default=0.0)
    if inbox.deliveries and inbox.deliveries[-1].time_s > looked_s:
        inbox.note("GET", "/messages", 200, {}, AGENT)


def _message(one: Delivery) -> dict[str, Any]:
    event = one.event
    body = json.dumps(event, indent=2, ensure_ascii=False) if event else one.body
    return {**shown(one), "event": str(event.get("type") or ""), "body": body}


@router.post("/incident/inbox/verify")
async def verify(request: Request) -> Response:
    """Check a message's signature and age with a secret, which is not kept."""
    session, form = session_of(request), await sent(request)
    inbox = sandbox_of(request).inbox
    told, problem = None, None
    try:
        told = inbox.verify(_number(form, "message", "the number of a message, such as 1"), form.one("secret"))
        inbox.note("POST", "/verify", 200, {"message": told["message"], "verdict": told["verdict"]}, AGENT)
    except LabError as error:
        problem = {"what": error.what, "hint": error.hint}
    if wants_part(request):
        return part(request, "incident/parts/checked.html", told=told, problem=problem)
    given = {name: form.one(name) for name in ("message", "secret")}
    return await _page(request, session, told=told, problem=problem, given=given)


@router.post("/incident/inbox/answer")
async def answer(request: Request) -> Response:
    """Answer messages with another status from now on."""
    form, inbox = await sent(request), sandbox_of(request).inbox
    inbox.set_answer(_number(form, "status", "a status, such as 200 or 500"))
    inbox.note("PUT", "/answer", 200, {"status": inbox.answer}, AGENT)
    if wants_part(request):
        return part(request, "incident/parts/inbox_answer.html", answers=inbox.answer)
    return go(request, "incident/inbox", anchor="inbox-answer")


def _number(form: Sent, name: str, wanted: str) -> int:
    text = form.one(name)
    if not (text.isdecimal() and len(text) < 6):
        raise UsageError(f"{text[:20]!r} is not {wanted.partition(',')[0]}.", f"Give {wanted}.")
    return int(text)


async def watched(session: Session, query: Mapping[str, str]) -> tuple[dict[str, Any], Parts]:
    """What stands around the tab, the messages, and what they are answered with."""
    context, parts = await incident.watched(session, query)
    parts |= {"messages": "incident/parts/messages.html", "inbox-answer": "incident/parts/inbox_answer.html"}
    return context | seen(session), parts
