"""What every call passes before any work: API key, version, quota, then its turn."""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from email.utils import format_datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import orjson
from prometheus_client import Counter, Gauge
from pydantic import BaseModel, TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from services.chassis import Problem, RawResponse, service_of
from services.chassis.bucket import TokenBucket
from services.partner.ledger import Ledger
from services.partner.processing import FAILED, Processing
from services.partner.request_log import RequestLog
from services.partner.settings import Partner
from services.partner.webhooks import HERE, Webhooks

Version = Literal["v1", "v2"]
Answer = tuple[int, Any]
"""Status and body: an object to encode, or bytes that are JSON already."""
_AGAIN = {"v1": "Send it again later.", "v2": "Send it again later with the same Idempotency-Key."}
DEVELOPMENT_KEY = "pk_test_beanline"


class ClientKey(BaseModel):
    """One API key as written in the keys file."""

    key: str
    name: str
    request_log: bool = False


class Client:
    """A key in use: its name, its bucket, and its request log if it keeps one."""

    __slots__ = ("bucket", "log", "name")

    def __init__(self, name: str, log: RequestLog | None = None) -> None:
        self.name = name
        self.bucket = TokenBucket()
        self.log = log


def load_clients(path: Path | None) -> dict[str, Client]:
    """Clients by key; ValueError or OSError when the file is no list of keys."""
    if path is None:
        return {DEVELOPMENT_KEY: Client("beanline")}
    try:
        entries = TypeAdapter(list[ClientKey]).validate_json(path.read_bytes())
    except ValidationError as error:
        raise ValueError(f"{path} is not a list of API keys: {error.errors()[0]['msg']}") from None
    if not entries:
        raise ValueError(f'{path} holds no API key; add one like {{"key": "pk_…", "name": "shop"}}')
    return {entry.key: Client(entry.name, RequestLog() if entry.request_log else None) for entry in entries}


class Door:
    """Admits calls and sees them through."""

    def __init__(self, service: Partner) -> None:
        self.ledger = Ledger()
        self.webhooks = Webhooks(service)
        self._service = service
        self._here_alone = service.boot.host in HERE
        self._clients = load_clients(service.boot.partner_api_keys_file)
        self._processing = Processing(service)
        registry = service.metrics.registry
        self._refused = Counter("partner_refused", "Calls refused before any work.", ["reason"], registry=registry)
        Gauge("partner_tokens", "Calls left now, of the key that has fewest.", registry=registry).set_function(
            lambda: min(client.bucket.refill(*self._quota()) for client in self._clients.values())
        )

    async def serve(
        self,
        request: Request,
        version: Version,
        work: Callable[[Client], Awaitable[Answer]],
    ) -> Response:
        """Admit the call, then `work`; every answer of an old version says that it is one."""
        headers = self._version_headers() if version == "v1" else {}
        client, began_s = None, time.time()
        try:
            client = self._client(request)
            if version == "v1" and not self._service.settings.v1_enabled:
                raise self._gone()
            headers |= self._take_quota(client)
            status, body = await work(client)
        except Problem as problem:
            if problem.kind == FAILED:
                problem.detail += f" {_AGAIN[version]}"
            problem.headers = headers | problem.headers
            if client is not None and client.log is not None:
                client.log.add(request, began_s, problem.status, problem.headers, problem.kind, None)
            raise
        if client.log is not None:
            client.log.add(request, began_s, status, headers, "", _payment(body))
        content = body if isinstance(body, bytes) else orjson.dumps(body)
        raw = [(_wire_name(name), value.encode()) for name, value in headers.items()]
        raw += ((b"content-length", b"%d" % len(content)), (b"content-type", b"application/json"))
        return RawResponse(content, status, raw)

    def logged_calls(self, request: Request) -> Response:
        """The caller's request log; it is not in itself, and costs nothing of the quota."""
        client = self._client(request)
        content = orjson.dumps({"items": client.log.newest_first() if client.log is not None else []})
        return RawResponse(
            content, 200, [(b"content-length", b"%d" % len(content)), (b"content-type", b"application/json")]
        )

    async def turn(self, request: Request, *, payment: bool = False) -> bool:
        """Wait for the call's turn and its latency; whether a payment is declined. Problem when it fails."""
        processing = self._processing
        if processing.full():
            self._refused.labels("queue_full").inc()
            raise Problem(
                503,
                "overloaded",
                "Overloaded",
                "More calls are waiting than we can queue. Send fewer at a time, and this one again in a second.",
                headers={"Retry-After": "1"},
            )
        fate = processing.draw()
        if self._service.settings.finish_abandoned:
            await processing.work(fate)
        else:
            hung_up = asyncio.ensure_future(_hang_up(request))
            try:
                if not await processing.work_while_waited_for(fate, hung_up):
                    raise Problem(499, "client-closed-request", "Client closed request", "You hung up.")
            finally:
                hung_up.cancel()
        return payment and fate.outcome == "declined"

    def _client(self, request: Request) -> Client:
        # else a page of somebody's could give its own name our address, and use a key that is published
        if self._here_alone and _host(request.headers.get("host", "")) not in HERE:
            self._refused.labels("auth").inc()
            raise Problem(
                401,
                "unauthorized",
                "Unauthorized",
                "This address is not ours. Call us as http://127.0.0.1 or http://localhost.",
                headers={"WWW-Authenticate": 'Bearer realm="paylane"'},
            )
        given = request.headers.get("authorization", "")
        scheme, _, key = given.partition(" ")
        client = self._clients.get(key.strip()) if scheme.lower() == "bearer" else None
        if client is None:
            self._refused.labels("auth").inc()
            raise Problem(
                401,
                "unauthorized",
                "Unauthorized",
                "The API key is unknown. Check it in the dashboard."
                if given
                else "The API key is missing. Send it as Authorization: Bearer pk_….",
                headers={"WWW-Authenticate": 'Bearer realm="paylane"'},
            )
        return client

    def _quota(self) -> tuple[float, float]:
        settings = self._service.settings
        return settings.quota_rps, settings.quota_burst or max(1.0, settings.quota_rps)

    def _take_quota(self, client: Client) -> dict[str, str]:
        rate, burst = self._quota()
        bucket = client.bucket
        granted = bucket.take(rate, burst, self._service.settings.refusal_cost)
        headers = {
            "X-RateLimit-Limit": f"{rate:g}",
            "X-RateLimit-Remaining": str(int(bucket.tokens)),
            "X-RateLimit-Reset": str(math.ceil(time.time() + (burst - bucket.tokens) / rate)),
        }
        if granted:
            return headers
        self._refused.labels("quota").inc()
        raise Problem(
            429,
            "quota-exceeded",
            "Quota exceeded",
            f"Your plan allows {rate:g} calls a second. Send fewer, spread them, and wait for Retry-After before "
            "this one again: refused calls count against the quota in part.",
            headers=headers | {"Retry-After": str(max(1, math.ceil(bucket.seconds_to_next(rate))))},
        )

    def _version_headers(self) -> dict[str, str]:
        settings = self._service.settings
        return dict(version_headers(settings.v1_deprecation_date, settings.v1_sunset_date))

    def _gone(self) -> Problem:
        self._refused.labels("version").inc()
        return Problem(
            410,
            "version-ended",
            "Version ended",
            "Version 1 has ended. Use POST /v2/payments; the developers page shows what changes.",
        )


@lru_cache(maxsize=64)
def _host(header: str) -> str:
    """The name in a Host header, without its port."""
    name, _, port = header.rpartition(":")
    return (name if port.isdigit() else header).strip("[]")


def _payment(body: Any) -> int | None:
    """The number of the payment that an answer is about, the same in both versions."""
    found = orjson.loads(body) if isinstance(body, bytes) else body
    for name in ("payment_id", "charge", "id"):
        prefix, _, number = str(found.get(name, "")).partition("_")
        if prefix in ("pay", "ch") and number.isdigit():
            return int(number)
    return None


@lru_cache(maxsize=16)
def version_headers(deprecation_date: str, sunset_date: str) -> tuple[tuple[str, str], ...]:
    """Deprecation (RFC 9745) and Sunset (RFC 8594) headers of dates like 2027-03-31; an empty date gives none."""
    headers = []
    if deprecation_date:
        headers.append(("Deprecation", f"@{int(_midnight(deprecation_date).timestamp())}"))
    if sunset_date:
        headers.append(("Sunset", format_datetime(_midnight(sunset_date), usegmt=True)))
    if headers:
        headers.append(("Link", '</developers>; rel="deprecation"; type="text/html"'))
    return tuple(headers)


@lru_cache(maxsize=64)
def _wire_name(name: str) -> bytes:
    return name.lower().encode()


def _midnight(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC)


async def _hang_up(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def door_of(request: Request) -> Door:
    """The door of the service that got the request."""
    door: Door = service_of(request).resources
    return door
