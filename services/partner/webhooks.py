"""Webhooks: events of a client's payments, sent to the addresses that the client registered, signed and tried again.

Signed as standardwebhooks.com describes: `webhook-signature: v1,<base64 of HMAC-SHA256>` over `id.timestamp.body`, with
the secret that the endpoint was given when it was made.
"""

import asyncio
import base64
import hashlib
import hmac
import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import orjson

from services.chassis import Problem
from services.partner.settings import Partner

_MOST_ENDPOINTS = 5
_MOST_EVENTS = 500
HERE = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address that wants to be told."""

    id: str
    url: str
    secret: str
    created_s: float


@dataclass(slots=True)
class Event:
    """Something that happened to a payment, and how telling of it went."""

    id: str
    type: str
    body: bytes
    created_s: float
    deliveries: list[dict[str, Any]] = field(default_factory=list)


@dataclass(slots=True)
class Subscriber:
    """One client's endpoints and events."""

    endpoints: dict[str, Endpoint] = field(default_factory=dict)
    events: OrderedDict[str, Event] = field(default_factory=OrderedDict)


class Webhooks:
    """Tells of events in the background; nothing waits for it. Close it with the service."""

    def __init__(self, service: Partner) -> None:
        self._service = service
        self._subscribers: dict[str, Subscriber] = {}
        self._made = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Stop telling."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    def register(self, client: str, url: str) -> Endpoint:
        """Tell this address from now on; Problem 422 when it is none that can be told."""
        mine = self._subscribers.setdefault(client, Subscriber())
        _refuse_strange(url)
        if len(mine.endpoints) >= _MOST_ENDPOINTS:
            raise Problem(
                409,
                "too-many-endpoints",
                "Too many endpoints",
                f"You have {_MOST_ENDPOINTS} webhook endpoints. Delete one of them first.",
            )
        self._made += 1
        secret = "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()
        endpoint = Endpoint(f"we_{self._made:012d}", url, secret, time.time())
        mine.endpoints[endpoint.id] = endpoint
        return endpoint

    def endpoints(self, client: str) -> list[Endpoint]:
        """Who is told."""
        return list(self._subscribers.get(client, Subscriber()).endpoints.values())

    def forget(self, client: str, endpoint_id: str) -> bool:
        """Tell an address no longer; False when there is none of that id."""
        return self._subscribers.get(client, Subscriber()).endpoints.pop(endpoint_id, None) is not None

    def events(self, client: str) -> list[Event]:
        """What was told, newest first."""
        return list(reversed(self._subscribers.get(client, Subscriber()).events.values()))

    def happened(self, client: str, kind: str, data: dict[str, Any]) -> None:
        """Something happened to a payment of a client; whoever wants to know is told."""
        mine = self._subscribers.get(client)
        if mine is None or not mine.endpoints:
            return
        now = time.time()
        event_id = f"evt_{secrets.randbelow(10**12):012d}"
        happened_at = f"{datetime.fromtimestamp(now, UTC).isoformat()[:19]}Z"
        body = orjson.dumps({"type": kind, "timestamp": happened_at, "data": data})
        event = mine.events[event_id] = Event(event_id, kind, body, now)
        if len(mine.events) > _MOST_EVENTS:
            mine.events.popitem(last=False)
        self._tell(mine, event)

    def again(self, client: str, event_id: str) -> Event | None:
        """Tell of an event once more, as the same event; None when there is none of that id."""
        mine = self._subscribers.get(client, Subscriber())
        event = mine.events.get(event_id)
        if event is not None:
            self._tell(mine, event)
        return event

    def _tell(self, mine: Subscriber, event: Event) -> None:
        for endpoint in mine.endpoints.values():
            task = asyncio.create_task(self._deliver(mine, endpoint, event))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _deliver(self, mine: Subscriber, endpoint: Endpoint, event: Event) -> None:
        """Until it is taken or nobody wants it any more, a few times, each time after a longer pause."""
        attempt = 0
        while endpoint.id in mine.endpoints:
            settings = self._service.settings
            attempt += 1
            status = await self._attempt(endpoint, event, attempt, settings.webhook_timeout_ms / 1000)
            if status is not None and 200 <= status < 300:
                return
            if attempt >= settings.webhook_attempts:
                return
            await asyncio.sleep(settings.webhook_retry_s * 2.0 ** (attempt - 1))

    async def _attempt(self, endpoint: Endpoint, event: Event, attempt: int, timeout_s: float) -> int | None:
        if self._session is None:
            self._session = aiohttp.ClientSession(headers={"User-Agent": "Paylane-Webhooks/2"})
        sent_s = int(time.time())
        headers = {
            "Content-Type": "application/json",
            "webhook-id": event.id,
            "webhook-timestamp": str(sent_s),
            "webhook-signature": f"v1,{signature(endpoint.secret, event.id, sent_s, event.body)}",
        }
        status: int | None = None
        try:
            async with self._session.post(
                endpoint.url,
                data=event.body,
                headers=headers,
                timeout=aiohttp.ClientTimeout(total=timeout_s),
                allow_redirects=False,
            ) as answer:
                status = answer.status
        except (aiohttp.ClientError, TimeoutError, OSError):
            status = None
        event.deliveries.append({"endpoint": endpoint.id, "attempt": attempt, "sent_at": sent_s, "status": status})
        return status


def signature(secret: str, event_id: str, timestamp: int, body: bytes) -> str:
    """What `webhook-signature` says behind `v1,`."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{event_id}.{timestamp}.".encode() + body
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def _refuse_strange(url: str) -> None:
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    if parts.scheme != "http" or host not in HERE:
        raise Problem(
            422,
            "invalid-request",
            "The request is not valid",
            "Correct 'url' in the body: with a test key it must begin with http://127.0.0.1 or http://localhost.",
            errors=[{"in": "body", "name": "url", "detail": "not an address of this machine"}],
        )
