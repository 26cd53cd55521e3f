"""The inbox's own address: where webhooks come in, and where their receiver looks at them."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Body, Request, Response
from fastapi.openapi.models import Example
from pydantic import BaseModel, ConfigDict, Field

from lab.console.sessions import session_of
from lab.core.errors import Conflict
from lab.session.inbox import Delivery
from lab.session.sandbox import Sandbox

router = APIRouter(prefix="/inbox/{token}", tags=["inbox"])


class Check(BaseModel):
    """Which message to check, with which secret."""

    model_config = ConfigDict(extra="forbid")

    message: int
    secret: Annotated[str, Field(max_length=200)]


class Answer(BaseModel):
    """What messages are answered with from now on."""

    model_config = ConfigDict(extra="forbid")

    status: int


CHECKS = {"first": Example(summary="The first message", value={"message": 1, "secret": "whsec_…"})}
ANSWERS = {
    "broken": Example(summary="Fail on purpose", value={"status": 500}),
    "mended": Example(summary="Take everything in", value={"status": 200}),
}


def sandbox_of(request: Request) -> Sandbox:
    """The learner's account at the partner; Conflict when this lesson has none."""
    sandbox = session_of(request).sandbox
    if sandbox is None:
        raise Conflict("This lesson has no inbox.", "See what it asks: `lab diagnose`")
    return sandbox


def shown(one: Delivery) -> dict[str, Any]:
    """A message as it came."""
    return {
        "message": one.number,
        "time_s": one.time_s,
        "headers": dict(one.headers),
        "body": one.body,
        "answered": one.answered,
        "verdict": one.verified or None,
    }


@router.post("", include_in_schema=False)
@router.post("/", include_in_schema=False)
async def take(request: Request, token: str) -> Response:
    """A message; anybody may send one."""
    sandbox = sandbox_of(request)
    sandbox.inbox.require(token)
    delivery = sandbox.inbox.take(request.headers, await request.body())
    sandbox.arrived(delivery)
    return Response(status_code=delivery.answered)


@router.get("/messages", summary="List what came in")
async def messages(request: Request, token: str) -> dict[str, Any]:
    """Everything that came in, oldest first."""
    inbox = sandbox_of(request).inbox
    inbox.require(token)
    inbox.note("GET", "/messages", 200, {}, request.headers.get("user-agent", ""))
    return {"items": [shown(one) for one in inbox.deliveries], "answer": inbox.answer}


@router.post("/verify", summary="Check a signature")
async def verify(request: Request, token: str, body: Annotated[Check, Body(openapi_examples=CHECKS)]) -> dict[str, Any]:
    """Check a message's signature and age, as its receiver should."""
    inbox = sandbox_of(request).inbox
    inbox.require(token)
    told = await asyncio.to_thread(inbox.verify, body.message, body.secret)
    facts = {"message": body.message, "verdict": told["verdict"]}
    inbox.note("POST", "/verify", 200, facts, request.headers.get("user-agent", ""))
    return told


@router.put("/answer", summary="Choose what it answers")
async def answer(
    request: Request, token: str, body: Annotated[Answer, Body(openapi_examples=ANSWERS)]
) -> dict[str, Any]:
    """Answer messages with another status from now on, e.g. 500 to see what the sender does then."""
    inbox = sandbox_of(request).inbox
    inbox.require(token)
    inbox.set_answer(body.status)
    inbox.note("PUT", "/answer", 200, {"status": body.status}, request.headers.get("user-agent", ""))
    return {"answer": inbox.answer}
