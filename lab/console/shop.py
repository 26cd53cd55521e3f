"""Routes for touching the shop as a learner may: SQL, the change feed, the partner's pages, requests of one's own."""

import asyncio
import json
import secrets
import time
from typing import Annotated, Any

import aiohttp
from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from lab.console.sessions import session_of
from lab.console.windows import Since, window_of
from lab.core.errors import Conflict, NotFound, UsageError, did_you_mean
from lab.export.curl import curl
from lab.session.session import Session
from lab.telemetry import as_json

router = APIRouter(prefix="/api", tags=["shop"])
PARTNER_PAGES = ("status", "changelog", "developers")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
REQUEST_TIMEOUT_S = 35


class SqlRequest(BaseModel):
    """One read-only statement."""

    model_config = ConfigDict(extra="forbid")

    query: Annotated[str, Field(max_length=10_000)]
    explain: bool = False


class ShopRequest(BaseModel):
    """A request to the shop's public API; `key: false` leaves the learner's API key out."""

    model_config = ConfigDict(extra="forbid")

    method: str = "GET"
    path: str
    headers: dict[str, str] = Field(default_factory=dict)
    body: Any = None
    key: bool = True


@router.post("/sql")
async def sql(request: Request, body: SqlRequest) -> dict[str, Any]:
    """Run one read-only statement on the shop's database."""
    session = _up(session_of(request))
    return as_json(await session.runtime.rows(body.query, explain=body.explain))  # type: ignore[no-any-return]


@router.get("/sql/tables")
async def tables(request: Request) -> dict[str, Any]:
    """Tables with their columns."""
    session = _up(session_of(request))
    found = await session.runtime.tables()
    return {
        "tables": [
            {"name": table.name, "columns": [{"name": name, "type": kind} for name, kind in table.columns]}
            for table in found
        ]
    }


@router.get("/sql/slow")
async def slow(request: Request, since: Since = None) -> dict[str, Any]:
    """The statements that cost most time."""
    session = session_of(request)
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
    session = _up(session_of(request))
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


@router.post("/request")
async def send(request: Request, body: ShopRequest) -> dict[str, Any]:
    """Send a request to the gateway with the learner's own key, and show everything that came back."""
    session = _up(session_of(request))
    method = body.method.upper()
    if method not in METHODS:
        raise UsageError(f"{body.method!r} is not an HTTP method.", f"Use one of {', '.join(METHODS)}.")
    if not body.path.startswith("/"):
        raise UsageError(f"{body.path!r} is not a path.", "Begin it with a slash, as in /api/v1/products.")
    trace_id = secrets.token_hex(16)
    headers = {"Accept": "application/json", "traceparent": f"00-{trace_id}-{secrets.token_hex(8)}-01"}
    if body.key:
        headers["X-API-Key"] = session.key
    payload: str | None = None
    if body.body is not None:
        payload = body.body if isinstance(body.body, str) else json.dumps(body.body)
        headers["Content-Type"] = "application/json"
    headers |= body.headers
    url, shown = (where["gateway"] + body.path for where in (session.runtime.urls, session.runtime.addresses))
    began = time.perf_counter()
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=REQUEST_TIMEOUT_S)) as client:
        try:
            async with client.request(method, url, data=payload, headers=headers, allow_redirects=False) as answer:
                text = await answer.text(errors="replace")
                elapsed_ms = (time.perf_counter() - began) * 1000
                status, came = answer.status, dict(answer.headers)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            why = error or "time-out"
            raise Conflict(f"The gateway gave no answer: {why}.", "See how it is: `lab status`") from None
    return {
        "status": status,
        "headers": came,
        "body": text,
        "json": _json(text),
        "elapsed_ms": round(elapsed_ms, 1),
        "trace_id": trace_id,
        "url": shown,
        "curl": curl(method, shown, headers, payload),
    }


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _up(session: Session) -> Session:
    if not session.runtime.urls or session.system.customers is None:
        raise Conflict("The shop is not open yet.", "Wait until it has started: `lab status`")
    return session
