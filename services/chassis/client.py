"""Calls to another service: pooled, timed, traced, one CLIENT span per attempt."""

import asyncio
import errno
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote, urlsplit

import aiohttp
import orjson
from multidict import CIMultiDictProxy
from yarl import URL

from services.chassis.pool import Pool
from services.chassis.telemetry import current_trace, new_span_id, record_span

if TYPE_CHECKING:
    from services.chassis.app import Service

FailureKind = Literal["timeout", "connection_reset", "connection_refused", "pool_timeout", "bad_response"]
_SAID = {
    "timeout": "did not answer in time",
    "connection_reset": "closed the connection before answering",
    "connection_refused": "does not accept connections",
    "pool_timeout": "has all its connections in use",
    "bad_response": "sent an answer that is not HTTP",
}
_KEPT_HEADERS = (
    ("Retry-After", "http.response.header.retry-after"),
    ("Deprecation", "http.response.header.deprecation"),
    ("Sunset", "http.response.header.sunset"),
)
_BY_LIBRARY = ("User-Agent", "Accept", "Accept-Encoding", "Content-Type")


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, whatever its status."""

    status: int
    headers: CIMultiDictProxy[str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON; orjson.JSONDecodeError (a ValueError) when it is none."""
        return orjson.loads(self.body)


class CallFailed(Exception):
    """No usable answer came: `kind` says how, `peer` from whom."""

    def __init__(self, peer: str, kind: FailureKind) -> None:
        super().__init__(f"{peer} {_SAID[kind]}")
        self.peer = peer
        self.kind = kind


class HttpClient:
    """All calls of one service to one peer. Open it in the lifespan: `async with HttpClient(…) as orders:`.

    `pool_size` is asked at each call, so it may read a live setting. A call beyond it waits in line, visibly:
    gauges `http_client_pool_*` and a span "wait for <peer> connection" when it took more than 1 ms.
    """

    def __init__(
        self,
        service: "Service[Any, Any]",
        peer: str,
        base_url: str,
        *,
        pool_size: Callable[[], int] = lambda: 100,
    ) -> None:
        self.peer = peer
        self.pool = Pool(pool_size)
        self._base = base_url.rstrip("/")
        url = urlsplit(self._base)
        self._address = {
            "server.address": url.hostname or "",
            "server.port": url.port or (443 if url.scheme == "https" else 80),
            "peer.service": peer,
        }
        self._metrics = service.metrics
        metrics = service.metrics
        self._retries = metrics.retries.labels(peer)
        metrics.pool_in_use.labels(peer).set_function(lambda: self.pool.in_use)
        metrics.pool_size.labels(peer).set_function(lambda: self.pool.size())
        metrics.pool_waiting.labels(peer).set_function(lambda: self.pool.waiting)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> "HttpClient":
        session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=30, ttl_dns_cache=10),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
            skip_auto_headers=_BY_LIBRARY,
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        # aiohttp silently sends an idempotent request again when a kept connection was reset; a second
        # attempt must be ours, with a span of its own
        session._retry_connection = False
        self._session = session
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def send(
        self,
        method: str,
        template: str,
        *,
        path: Mapping[str, str] | None = None,
        query: str = "",
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        timeout_s: float,
        pool_timeout_s: float | None = None,
        resend: int = 0,
    ) -> Reply:
        """One attempt; CallFailed when no usable answer came, within `timeout_s` once a connection is free.

        `template` is the path with names in braces (`/orders/{order_id}`), filled from `path`; `query` is
        encoded already; `resend` counts earlier attempts of the same call.
        """
        attributes: dict[str, Any] = {
            "http.request.method": method,
            "url.template": template,
            **self._address,
        }
        if resend:
            attributes["http.request.resend_count"] = resend
            self._retries.inc()
        await self._connection(method, template, attributes, pool_timeout_s)
        try:
            return await self._attempt(method, template, path, query, headers, body, timeout_s, attributes)
        finally:
            self.pool.release()

    async def _connection(
        self, method: str, template: str, attributes: dict[str, Any], timeout_s: float | None
    ) -> None:
        start_s, before = time.time(), time.perf_counter()
        try:
            await self.pool.acquire(timeout_s)
        except TimeoutError:
            waited_s = time.perf_counter() - before
            self._wait_span(start_s, waited_s, failed=True)
            self._finish(method, template, attributes, new_span_id(), time.time(), 0.0, None, "pool_timeout")
            raise CallFailed(self.peer, "pool_timeout") from None
        waited_s = time.perf_counter() - before
        if waited_s > 0.001:
            self._wait_span(start_s, waited_s, failed=False)

    def _wait_span(self, start_s: float, waited_s: float, *, failed: bool) -> None:
        record_span(
            f"wait for {self.peer} connection",
            "internal",
            start_s,
            waited_s,
            {"peer.service": self.peer, "pool.size": self.pool.size(), "pool.waiting": self.pool.waiting},
            "error" if failed else "unset",
        )

    async def _attempt(
        self,
        method: str,
        template: str,
        path: Mapping[str, str] | None,
        query: str,
        headers: Mapping[str, str] | None,
        body: bytes | None,
        timeout_s: float,
        attributes: dict[str, Any],
    ) -> Reply:
        assert self._session is not None, "open the client in the lifespan"
        filled = (
            template.format_map({name: quote(value, safe="") for name, value in path.items()}) if path else template
        )
        url = f"{self._base}{filled}?{query}" if query else f"{self._base}{filled}"
        attributes["url.full"] = url
        span_id = new_span_id()
        sent = dict(headers) if headers else {}
        trace = current_trace.get()
        if trace is not None:
            sent["traceparent"] = trace.traceparent(span_id)
            if trace.request_id:
                sent["X-Request-Id"] = trace.request_id
        start_s, before = time.time(), time.perf_counter()
        reply: Reply | None = None
        failure: FailureKind | None = None
        try:
            async with asyncio.timeout(timeout_s):
                async with self._session.request(
                    method, URL(url, encoded=True), headers=sent, data=body, allow_redirects=False
                ) as response:
                    reply = Reply(response.status, response.headers, await response.read())
            return reply
        except asyncio.CancelledError:
            attributes["error.type"] = "cancelled"
            raise
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            failure = _kind(error)
            raise CallFailed(self.peer, failure) from error
        finally:
            self._finish(method, template, attributes, span_id, start_s, time.perf_counter() - before, reply, failure)

    def _finish(
        self,
        method: str,
        template: str,
        attributes: dict[str, Any],
        span_id: str,
        start_s: float,
        duration_s: float,
        reply: Reply | None,
        failure: FailureKind | None,
    ) -> None:
        if reply is not None:
            outcome = str(reply.status)
            attributes["http.response.status_code"] = reply.status
            for header, name in _KEPT_HEADERS:
                if (value := reply.headers.get(header)) is not None:
                    attributes[name] = value
            failed = reply.status >= 400
        else:
            outcome, failed = failure or "cancelled", True
        if failed:
            attributes["error.type"] = outcome
        self._metrics.client.labels(self.peer, method, outcome).observe(duration_s)
        trace = current_trace.get()
        if trace is not None:
            trace.telemetry.span(
                trace.trace_id,
                span_id,
                trace.span_id,
                f"{method} {template}",
                "client",
                start_s,
                duration_s,
                attributes,
                "error" if failed else "unset",
            )


def _kind(error: BaseException) -> FailureKind:
    if isinstance(error, TimeoutError):
        return "timeout"
    if isinstance(error, aiohttp.ClientConnectorError):
        return "connection_refused"
    if isinstance(error, aiohttp.ServerDisconnectedError | ConnectionError):
        return "connection_reset"
    if isinstance(error, OSError) and error.errno in {errno.ECONNRESET, errno.EPIPE}:
        return "connection_reset"
    return "bad_response"
