"""Calls to orders, with everything that stands between a failure there and a failure here."""

import asyncio
import math
import time
from collections.abc import Mapping

from prometheus_client import Counter, Gauge

from services.chassis import CallFailed, HttpClient, Problem, Reply, log, record_span
from services.gateway.breaker import Breaker, State
from services.gateway.cache import Cache
from services.gateway.retry import Retries
from services.gateway.settings import Gateway, Settings

_TRY_AGAIN = {502, 503, 504}
_PEER = {"peer.service": "orders"}


class Upstream:
    """The one way to orders: cache, breaker, attempts."""

    def __init__(self, service: Gateway, client: HttpClient) -> None:
        self._service = service
        self._client = client
        self._breaker = Breaker(self._breaker_changed)
        self._cache = Cache()
        self._retries = Retries(service.settings)
        registry = service.metrics.registry
        Gauge("gateway_breaker_open", "1 while the breaker refuses calls.", ["peer_service"], registry=registry).labels(
            "orders"
        ).set_function(lambda: float(self._breaker.state != "closed"))
        self._hits = Counter("gateway_cache_hits", "Answers served from the cache.", registry=registry)

    async def call(
        self,
        method: str,
        template: str,
        path: Mapping[str, str],
        query: str,
        headers: Mapping[str, str],
        body: bytes | None,
        *,
        cacheable: bool,
    ) -> tuple[Reply, dict[str, str]]:
        """Orders' answer, and headers about how we came by it; Problem 502, 503 or 504 when there is none."""
        settings = self._service.settings
        if not (cacheable and settings.cache_ttl_s > 0):
            return await self._attempts(settings, method, template, path, query, headers, body), {}
        key = f"{template}?{path}?{query}"
        kept = self._cache.get(key, settings.cache_ttl_s)
        if kept is not None:
            self._hits.inc()
            left_s = settings.cache_ttl_s - kept.age_s
            return kept.reply, {"Age": str(int(kept.age_s)), "Cache-Status": f"beanline; hit; ttl={left_s:.0f}"}
        reply = await self._attempts(settings, method, template, path, query, headers, body)
        if reply.status == 200:
            self._cache.put(key, reply)
        return reply, {"Cache-Status": "beanline; fwd=miss"}

    async def _attempts(
        self,
        settings: Settings,
        method: str,
        template: str,
        path: Mapping[str, str],
        query: str,
        headers: Mapping[str, str],
        body: bytes | None,
    ) -> Reply:
        retries = settings.retries if method == "GET" or settings.retry_writes else 0
        self._retries.called(settings)
        attempt = 0
        while True:
            self._ask_breaker(settings)
            started = time.monotonic()
            reply: Reply | None = None
            failure: CallFailed | None = None
            try:
                reply = await self._client.send(
                    method,
                    template,
                    path=path,
                    query=query,
                    headers=headers,
                    body=body,
                    timeout_s=settings.timeout_ms / 1000,
                    pool_timeout_s=settings.pool_timeout_ms / 1000,
                    resend=attempt,
                )
            except CallFailed as error:
                failure = error
            failed = reply is None or reply.status >= 500
            if settings.breaker_enabled and not (failure and failure.kind == "pool_timeout"):
                self._breaker.record(
                    failed,
                    started,
                    failure_share=settings.breaker_failure_share,
                    min_calls=settings.breaker_min_calls,
                    open_s=settings.breaker_open_s,
                )
            if failed:
                self._report(method, template, reply, failure)
                if attempt < retries and self._worth_it(settings, reply, failure):
                    attempt += 1
                    await self._pause(settings, method, template, attempt)
                    continue
            if reply is not None:
                return reply
            assert failure is not None
            raise _no_answer(failure)

    def _ask_breaker(self, settings: Settings) -> None:
        if not settings.breaker_enabled:
            self._breaker.reset()
            return
        wait_s = self._breaker.refuses_for(settings.breaker_open_s)
        if wait_s > 0:
            raise Problem(
                503,
                "upstream-unavailable",
                "Upstream unavailable",
                "Too many calls to the order system failed, so none are made for a moment. "
                "Send this one again after Retry-After.",
                headers={"Retry-After": str(math.ceil(wait_s))},
            )

    def _worth_it(self, settings: Settings, reply: Reply | None, failure: CallFailed | None) -> bool:
        """Whether a failed attempt may be made again."""
        if failure is not None and failure.kind == "pool_timeout":
            return False
        if reply is not None:
            if reply.status not in _TRY_AGAIN:
                return False
            if settings.respect_retry_after and "Retry-After" in reply.headers:
                return False
        return self._retries.afford(settings)

    async def _pause(self, settings: Settings, method: str, template: str, attempt: int) -> None:
        pause_s = self._retries.pause_s(settings, attempt)
        log.info(
            "retry",
            f"{method} {template} again in {pause_s * 1000:.0f} ms",
            _PEER | {"http.request.resend_count": attempt, "pause_ms": round(pause_s * 1000, 1)},
        )
        if pause_s > 0:
            start_s, before = time.time(), time.perf_counter()
            await asyncio.sleep(pause_s)
            record_span(
                "retry backoff",
                "internal",
                start_s,
                time.perf_counter() - before,
                _PEER | {"http.request.resend_count": attempt},
            )

    def _report(self, method: str, template: str, reply: Reply | None, failure: CallFailed | None) -> None:
        if reply is not None:
            log.warn(
                "upstream.error",
                f"orders answered {reply.status} to {method} {template}",
                _PEER | {"http.response.status_code": reply.status},
            )
        elif failure is not None:
            event = "upstream.timeout" if failure.kind == "timeout" else "upstream.error"
            log.warn(event, f"{failure} ({method} {template})", _PEER | {"error.type": failure.kind})

    def _breaker_changed(self, state: State) -> None:
        if state == "open":
            log.warn("breaker.opened", "Too many calls to orders failed; none are made for a moment", _PEER)
        else:
            log.info("breaker.closed", "Calls to orders are made again", _PEER)


def _no_answer(failure: CallFailed) -> Problem:
    if failure.kind == "timeout":
        return Problem(
            504,
            "upstream-timeout",
            "Upstream timeout",
            "The order system did not answer in time. What you asked for may still happen: look it up, or send it "
            "again with the same Idempotency-Key.",
        )
    if failure.kind == "pool_timeout":
        return Problem(
            503,
            "overloaded",
            "Overloaded",
            "All connections to the order system are in use. Send this request again in a second.",
            headers={"Retry-After": "1"},
        )
    return Problem(
        502,
        "upstream-error",
        "Upstream error",
        "The order system could not be reached or did not answer properly. Send the request again in a moment, with "
        "the same Idempotency-Key if it changes something.",
    )
