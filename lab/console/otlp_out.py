"""OTLP/HTTP out: what comes in from the services also goes to another collector, when one variable names it.

`OTEL_EXPORTER_OTLP_ENDPOINT` (and `OTEL_EXPORTER_OTLP_HEADERS` for a collector that wants a token) mean what the
OpenTelemetry specification says. Batches go on as they came, in their order, beside everything else: a collector that
is slow or gone costs memory up to a bound, and then batches.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

import aiohttp

from lab.core.errors import UsageError

ENDPOINT, HEADERS = "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_HEADERS"
MOST_BYTES = 16 * 1024 * 1024
ANSWERS_WITHIN_S = 10.0
FLUSH_WITHIN_S = 2.0
LONGEST_PAUSE_S = 5.0
_AGAIN = {429, 502, 503, 504}


@dataclass(frozen=True, slots=True)
class Batch:
    """One request's body as it came."""

    signal: str
    body: bytes
    headers: Mapping[str, str]


class Forwarder:
    """Sends batches on, one after the other. `put` never waits; what does not fit is lost, and counted."""

    def __init__(self, endpoint: str, headers: Mapping[str, str] | None = None, most_bytes: int = MOST_BYTES) -> None:
        self.endpoint = endpoint.rstrip("/")
        self.sent = 0
        self.lost = 0
        self.trouble = ""
        """Why the last batch could not be sent; empty when it could."""
        self._headers = dict(headers or {})
        self._most_bytes = most_bytes
        self._waiting: deque[Batch] = deque()
        self._bytes = 0
        self._arrived = asyncio.Event()
        self._idle = asyncio.Event()

    def put(self, signal: str, body: bytes, kind: str, encoding: str) -> None:
        """Take a batch of `traces` or `logs` along."""
        if self._bytes + len(body) > self._most_bytes:
            self.lost += 1
            return
        headers = {"Content-Type": kind} | ({"Content-Encoding": encoding} if encoding else {})
        self._waiting.append(Batch(signal, body, headers))
        self._bytes += len(body)
        self._idle.clear()
        self._arrived.set()

    def told(self) -> dict[str, Any]:
        """How it goes, for `lab status`."""
        return {"to": self.endpoint, "sent": self.sent, "lost": self.lost, "trouble": self.trouble or None}

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Send inside the block; at its end what waits, but not for long."""
        timeout = aiohttp.ClientTimeout(total=ANSWERS_WITHIN_S)
        async with aiohttp.ClientSession(headers=self._headers, timeout=timeout) as session:
            sending = asyncio.create_task(self._send_all(session))
            try:
                yield
                with contextlib.suppress(TimeoutError):
                    if self._waiting:
                        async with asyncio.timeout(FLUSH_WITHIN_S):
                            await self._idle.wait()
            finally:
                sending.cancel()
                await asyncio.gather(sending, return_exceptions=True)

    async def _send_all(self, session: aiohttp.ClientSession) -> None:
        pause_s = 0.25
        while True:
            if not self._waiting:
                self._idle.set()
                self._arrived.clear()
                await self._arrived.wait()
            batch = self._waiting[0]
            if await self._again(session, batch):
                await asyncio.sleep(pause_s)
                pause_s = min(LONGEST_PAUSE_S, pause_s * 2)
                continue
            pause_s = 0.25
            self._waiting.popleft()
            self._bytes -= len(batch.body)

    async def _again(self, session: aiohttp.ClientSession, batch: Batch) -> bool:
        """Send it; whether it must be sent again, since the collector surely has not taken it."""
        try:
            url = f"{self.endpoint}/v1/{batch.signal}"
            async with session.post(url, data=batch.body, headers=batch.headers) as answer:
                await answer.read()
                status = answer.status
        except aiohttp.ClientConnectorError as error:
            self.trouble = f"cannot be reached: {error.os_error.strerror or error}"
            return True
        except (aiohttp.ClientError, TimeoutError) as error:  # it may have been taken: twice would be counted twice
            self.trouble = f"gave no answer: {error or 'time-out'}"
            self.lost += 1
            return False
        if status in _AGAIN:
            self.trouble = f"asks for patience ({status})"
            return True
        if status >= 300:
            self.trouble = f"does not take {batch.signal} ({status})"
            self.lost += 1
            return False
        self.trouble = ""
        self.sent += 1
        return False


def from_environment(env: Mapping[str, str], own_port: int) -> Forwarder | None:
    """As the variables say; None without an endpoint. UsageError when it is no address, or our own."""
    endpoint = env.get(ENDPOINT, "").strip()
    if not endpoint:
        return None
    try:
        url = urlsplit(endpoint)
        host, port = url.hostname, url.port
    except ValueError:  # a port that is no number, half an IPv6 address
        host = None
    if host is None or url.scheme not in ("http", "https"):
        raise UsageError(
            f"{ENDPOINT} is not an http address: {endpoint!r}.",
            "Write it like http://127.0.0.1:4318, or unset it: the lab needs no other collector.",
        )
    if host in ("127.0.0.1", "localhost", "::1") and port == own_port:
        raise UsageError(
            f"{ENDPOINT} names this console itself: {endpoint}.", "Name another collector, or unset the variable."
        )
    return Forwarder(endpoint, _headers(env.get(HEADERS, "")))


def _headers(text: str) -> dict[str, str]:
    """`name=value,name=value`, percent-encoded, as the specification writes them."""
    pairs = (part.partition("=") for part in text.split(",") if "=" in part)
    return {unquote(name.strip()): unquote(value.strip()) for name, _, value in pairs}
