"""Who gets in: load shedding, API key, scope, rate limit, size of the body."""

import asyncio
import math
import re

from prometheus_client import Counter
from starlette.requests import Request

from services.chassis import Problem, current_trace, log, note
from services.gateway.keys import Caller
from services.gateway.settings import Gateway, Settings

_ANSWERED = frozenset({"*/*", "application/*", "application/json"})
_REFUSED = re.compile(r"q\s*=\s*0(\.0*)?\s*(;|$)")


class Admission:
    """Decides on every request before anything is done for it."""

    def __init__(self, service: Gateway, callers: dict[str, Caller]) -> None:
        self._service = service
        self._callers = callers
        self.in_flight = 0
        registry = service.metrics.registry
        self._limited = Counter(
            "gateway_rate_limited", "Requests refused because their key sent too many.", ["key_name"], registry=registry
        )
        self._shed = Counter("gateway_shed", "Requests refused because too many were in flight.", registry=registry)

    def caller(self, request: Request, scope: str) -> Caller:
        """Whose request it is; Problem 401 or 403 when it may not be served."""
        key = request.headers.get("x-api-key")
        caller = self._callers.get(key) if key else None
        if caller is None:
            raise _unauthorized(key, "authorization" in request.headers)
        note("client.key", caller.entry.name)
        trace = current_trace.get()
        if trace is not None:
            trace.keeps_headers = caller.entry.keeps_headers
        customer = request.headers.get("customer-id")
        if customer:
            note("enduser.id", customer[:64])
        if scope not in caller.entry.scopes:
            raise Problem(
                403,
                "forbidden",
                "Forbidden",
                f"The key {caller.entry.name!r} (role {caller.entry.role}) lacks the scope {scope}. "
                "Use a key that has it.",
                scope=scope,
            )
        return caller

    def limit(self, caller: Caller, settings: Settings) -> dict[str, str]:
        """Headers that tell where the caller stands; Problem 429 when it sent too many."""
        if not settings.rate_limit_enabled:
            return {}
        entry, bucket = caller.entry, caller.bucket
        rate = (entry.rate_rps or settings.default_rate_rps) * settings.rate_factor
        burst = max(1.0, (entry.burst or settings.default_burst) * settings.rate_factor)
        granted = bucket.take(rate, burst)
        quota, left = int(burst), int(bucket.tokens)
        reset = math.ceil((burst - bucket.tokens) / rate)
        headers = {
            "RateLimit-Policy": f'"key";q={quota};w={math.ceil(burst / rate)}',
            "RateLimit": f'"key";r={left};t={reset}',
            "RateLimit-Limit": str(quota),
            "RateLimit-Remaining": str(left),
            "RateLimit-Reset": str(reset),
        }
        if granted:
            return headers
        self._limited.labels(entry.name).inc()
        wait_s = max(1, math.ceil(bucket.seconds_to_next(rate)))
        allowed = f"{rate:g} requests a second" if rate >= 1 else f"{rate * 60:g} requests a minute"
        log.warn("rate_limited", f"{entry.name} exceeds {allowed}", {"client.key": entry.name})
        raise Problem(
            429,
            "rate-limited",
            "Too many requests",
            f"The key {entry.name!r} may send {allowed}. Wait {wait_s} s, then send fewer at a time.",
            headers=headers | {"Retry-After": str(wait_s)},
        )

    def shed(self, settings: Settings) -> None:
        """Problem 503 when as many requests as allowed are in flight."""
        if self.in_flight >= settings.max_in_flight:
            self._shed.inc()
            raise Problem(
                503,
                "overloaded",
                "Overloaded",
                "The shop is answering as many requests as it can. Send this one again in a second.",
                headers={"Retry-After": "1"},
            )


def _unauthorized(key: str | None, elsewhere: bool) -> Problem:
    """Nobody's request, and what to change; `elsewhere`: there is an Authorization header, which we do not read."""
    challenge = 'ApiKey realm="beanline", header="X-API-Key"'
    if key:
        challenge += ', error="invalid_key"'
        detail = (
            f"The API key is the placeholder {key[:40]!r}: its variable was not filled in. Choose the environment that "
            "holds your key, then send it again."
            if key.startswith(("{{", "$", "<"))
            else "The API key is unknown. Check it for missing characters."
        )
    elif elsewhere:
        detail = "The API key is missing: it was sent as Authorization. Send it in the header X-API-Key."
    else:
        detail = "The API key is missing. Send it in the header X-API-Key."
    return Problem(401, "unauthorized", "Unauthorized", detail, headers={"WWW-Authenticate": challenge})


def check_accept(accept: str) -> None:
    """Problem 406 when the caller takes neither JSON nor anything (RFC 9110 §12.5.1; `q=0` refuses)."""
    if not accept or accept == "*/*":
        return
    for taken in accept.lower().split(","):
        kind, _, parameters = taken.partition(";")
        if kind.strip() in _ANSWERED and not _REFUSED.search(parameters):
            return
    raise Problem(
        406,
        "not-acceptable",
        "Not acceptable",
        f"The answer would be JSON, and Accept asks for {accept[:80]}. Send Accept: application/json, or leave it out.",
    )


async def read_body(request: Request, settings: Settings) -> bytes:
    """The whole body; Problem 413 when it is larger than allowed, 408 when it does not come."""
    limit = settings.max_body_kb * 1024
    declared = request.headers.get("content-length", "")
    body = b""
    try:
        async with asyncio.timeout(settings.body_timeout_ms / 1000):
            if not (declared.isdigit() and int(declared) > limit):
                async for chunk in request.stream():
                    body += chunk
                    if len(body) > limit:
                        break
                else:
                    return body
    except TimeoutError:
        raise Problem(
            408,
            "request-timeout",
            "Request timeout",
            f"The body did not arrive within {settings.body_timeout_ms:g} ms. Send all that Content-Length announces.",
            headers={"Connection": "close"},
        ) from None
    raise Problem(
        413, "too-large", "Content too large", f"The body exceeds {settings.max_body_kb} kB. Send a smaller one."
    )
