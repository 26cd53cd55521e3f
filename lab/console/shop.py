"""Routes for touching the shop as a learner may: SQL, the change feed, the partner's pages, requests of one's own."""

import asyncio
import json
import secrets
import time
from typing import Annotated, Any, Literal

import aiohttp
from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from lab.console import operations
from lab.console.sessions import gone, running_of, session_of
from lab.console.windows import Since, window_of
from lab.core.errors import Conflict, NotFound, UsageError, did_you_mean
from lab.export.curl import curl
from lab.export.lesson import ADDRESSES
from lab.questions.steps.received import LEARNER
from lab.questions.steps.template import filled, filled_in
from lab.session.session import Session
from lab.session.states import ENDED
from lab.telemetry import as_json

router = APIRouter(prefix="/api", tags=["shop"])
PARTNER_PAGES = ("status", "changelog", "developers")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
REQUEST_TIMEOUT_S = 35
RECEIVERS = {"shop": "The gateway", "sandbox": "Paylane", "inbox": "The inbox"}


class SqlRequest(BaseModel):
    """One read-only statement."""

    model_config = ConfigDict(extra="forbid")

    query: Annotated[str, Field(max_length=10_000)]
    explain: bool = False
    copy_: Annotated[bool, Field(alias="copy", description="Ask the copy that was made for the rehearsal")] = False


class ShopRequest(BaseModel):
    """A request to the shop's public API; `key: false` leaves the key out, a name takes another of the learner's.

    `to` sends it to the learner's account at the partner (`sandbox`) or to their inbox instead, where a lesson has one.
    `{{inboxUrl}}` and other addresses in it are filled in, and `{{guid}}` is new each time.
    """

    model_config = ConfigDict(extra="forbid")

    method: str = "GET"
    path: str
    headers: dict[str, str] = Field(default_factory=dict)
    body: Any = None
    key: bool | str = True
    to: Literal["shop", "sandbox", "inbox"] = "shop"


@router.post("/sql")
async def sql(request: Request, body: SqlRequest) -> dict[str, Any]:
    """Run one read-only statement on the shop's database."""
    session = up(session_of(request))
    rows = await session.runtime.rows(body.query, explain=body.explain, copy=body.copy_)
    return as_json(rows)  # type: ignore[no-any-return]


@router.get("/sql/tables")
async def tables(
    request: Request, copied: Annotated[bool, Query(alias="copy", description="Those of the rehearsal's copy")] = False
) -> dict[str, Any]:
    """Tables with their columns."""
    return await tables_of(up(session_of(request)), copy=copied)


async def tables_of(session: Session, *, copy: bool = False) -> dict[str, Any]:
    """The tables of the shop's database, each with its columns and their types."""
    found = await session.runtime.tables(copy=copy)
    return {
        "tables": [
            {"name": table.name, "columns": [{"name": name, "type": kind} for name, kind in table.columns]}
            for table in found
        ]
    }


@router.get("/sql/slow")
async def slow(request: Request, since: Since = None) -> dict[str, Any]:
    """The statements that cost most time."""
    session = running_of(request)
    window = window_of(session, since, None)
    found = await asyncio.to_thread(session.telemetry.slow_sql, window, 20)
    return {"statements": [as_json(one) for one in found], "window": [window.start_s, window.end_s]}


@router.get("/changes")
async def changes(request: Request) -> list[dict[str, Any]]:
    """The company's own change feed, newest first. A third party's changes are not in it."""
    return session_of(request).public_feed()


@router.get("/partner")
async def partner_pages(request: Request) -> dict[str, Any]:
    """The partner's public pages."""
    session_of(request)
    return {"pages": list(PARTNER_PAGES)}


@router.get("/partner/{page}")
async def partner_page(request: Request, page: str) -> dict[str, Any]:
    """One of the partner's public pages as text and data."""
    return await partner_page_of(up(session_of(request)), page)


async def partner_page_of(session: Session, page: str) -> dict[str, Any]:
    """A public page of the partner: Markdown and data; NotFound for a page it does not have."""
    if page not in PARTNER_PAGES:
        hint = f"{did_you_mean(page, PARTNER_PAGES)}Pages: {', '.join(PARTNER_PAGES)}."
        raise NotFound(f"The partner has no page {page!r}.", hint)
    url = f"{session.runtime.urls['partner']}/{page}"
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as client:
        try:
            async with client.get(url, headers={"Accept": "application/json"}) as answer:
                told = await answer.json(content_type=None)
        except (aiohttp.ClientError, TimeoutError):
            raise Conflict("The partner's site does not answer.", "Try again in a moment.") from None
    public = session.runtime.addresses.get("partner")
    return {
        "page": page,
        "text": told["text"],
        "data": told["data"],
        "url": None if public is None else f"{public}/{page}",
    }


@router.get("/operations")
async def offered(request: Request) -> list[dict[str, Any]]:
    """What the shop's public API offers: operations with parameters and example bodies."""
    return [operations.as_json(one) for one in await operations.operations(up(session_of(request)))]


@router.post("/request")
async def send(request: Request, body: ShopRequest) -> dict[str, Any]:
    """Send a request to the gateway with the learner's own key, and show everything that came back."""
    return await sent_by(up(session_of(request)), body)


async def sent_by(session: Session, body: ShopRequest) -> dict[str, Any]:
    """Send a request as the learner; status, headers, body, and how to find and repeat it."""
    method = body.method.upper()
    if method not in METHODS:
        raise UsageError(f"{body.method!r} is not an HTTP method.", f"Use one of {', '.join(METHODS)}.")
    if not body.path.startswith("/"):
        raise UsageError(f"{body.path!r} is not a path.", "Begin it with a slash, as in /api/v1/products.")
    trace_id = secrets.token_hex(16)
    headers = {
        "Accept": "application/json",
        "User-Agent": "console/1",
        "traceparent": f"00-{trace_id}-{secrets.token_hex(8)}-01",
    }
    values = session.addresses()
    if body.to == "sandbox" and body.key and session.sandbox is not None:
        headers["Authorization"] = f"Bearer {session.sandbox.key}"
    elif body.to == "shop" and body.key:
        headers["X-API-Key"] = _key(session, body.key)
    payload: str | None = None
    if body.body is not None:
        given = filled_in(body.body, values)
        payload = given if isinstance(given, str) else json.dumps(given)
        headers["Content-Type"] = "application/json"
    headers = _with(headers, filled_in(body.headers, values))
    base, shown_base = _base(session, body.to)
    path = filled(body.path, values)
    url, shown = base + path, shown_base + path
    began = time.perf_counter()
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=REQUEST_TIMEOUT_S)) as client:
        try:
            async with client.request(method, url, data=payload, headers=headers, allow_redirects=False) as answer:
                text = await answer.text(errors="replace")
                elapsed_ms = (time.perf_counter() - began) * 1000
                status, came = answer.status, dict(answer.headers)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            why = error or "time-out"
            raise Conflict(f"{RECEIVERS[body.to]} gave no answer: {why}.", "See how it is: `lab status`") from None
    return {
        "status": status,
        "headers": came,
        "body": text,
        "json": _json(text),
        "elapsed_ms": round(elapsed_ms, 1),
        "trace_id": trace_id,
        "url": shown,
        "curl": curl(method, shown, _pasted(headers, body.headers), payload),
    }


def _pasted(headers: dict[str, str], given: dict[str, str]) -> dict[str, str]:
    """The headers without our own name and trace: a pasted command is another program's request."""
    ours = {"user-agent", "traceparent"} - {name.lower() for name in given}
    return {name: value for name, value in headers.items() if name.lower() not in ours}


def _base(session: Session, to: str) -> tuple[str, str]:
    """Where a receiver is reached from here, and where people reach it."""
    shown = session.addresses().get(ADDRESSES[to])
    if shown is None:
        raise Conflict("This lesson has no account at the partner.", "Send it to the shop, or see: `lab diagnose`")
    service = {"shop": "gateway", "sandbox": "partner"}.get(to, "")
    return session.runtime.urls.get(service, shown), shown


def _key(session: Session, asked: bool | str) -> str:
    names = {one.name.removeprefix(f"{LEARNER}-"): one.key for one in session.keys}
    name = LEARNER if asked is True else str(asked)
    if name not in names:
        raise NotFound(
            f"You have no key called {name!r}.", f"{did_you_mean(name, names)}Your keys: {', '.join(names)}."
        )
    return names[name]


def _with(usual: dict[str, str], given: dict[str, str]) -> dict[str, str]:
    """The usual headers, those that were given in their place, in whatever case they are written."""
    named = {name.lower() for name in given}
    return {name: value for name, value in usual.items() if name.lower() not in named} | given


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def up(session: Session) -> Session:
    """The session with an open shop; Conflict before, and as soon as its end begins."""
    if session.ending or session.state in ENDED:
        raise gone(session)
    if not session.runtime.urls or session.system.customers is None:
        raise Conflict("The shop is not open yet.", "Wait until it has started: `lab status`")
    return session
