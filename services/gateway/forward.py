"""The path of every public request: admit, call orders, hand the answer back as it came."""

from dataclasses import dataclass, field
from typing import Literal

import orjson
from starlette.requests import Request
from starlette.responses import Response

from services.chassis import Problem, RawResponse, Reply, note
from services.gateway.admission import Admission, check_accept, read_body
from services.gateway.settings import Gateway
from services.gateway.upstream import Upstream

PREFIX = "/api/v1"
"""What public paths begin with."""
_PASSED_ON = (
    "accept",
    "accept-encoding",
    "accept-language",
    "content-type",
    "customer-id",
    "idempotency-key",
    "if-match",
    "if-none-match",
    "prefer",
)
_KEPT_BACK = {
    "connection",
    "content-length",
    "date",
    "keep-alive",
    "server",
    "traceresponse",
    "transfer-encoding",
    "upgrade",
    "x-request-id",
}
"""Belong to one hop, or are the gateway's own to say."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a public operation goes, and who may use it."""

    method: Literal["GET", "POST"]
    template: str
    scope: str
    cacheable: bool = field(default=False)


class Forwarder:
    """Serves a request for a target."""

    def __init__(self, service: Gateway, admission: Admission, upstream: Upstream) -> None:
        self._service = service
        self._admission = admission
        self._upstream = upstream

    async def serve(self, request: Request, target: Target) -> Response:
        """The answer; Problem when the gateway has to say something itself."""
        settings = self._service.settings
        admission = self._admission
        caller = admission.caller(request, target.scope)
        told = admission.limit(caller, settings)
        try:
            check_accept(request.headers.get("accept", ""))
            body = None if target.method == "GET" else await read_body(request, settings)
            admission.shed(settings)
            admission.in_flight += 1  # not while the body comes in: slow senders would take everybody's places
            try:
                given = request.headers
                headers = {name: given[name] for name in _PASSED_ON if name in given}
                if "idempotency-key" in headers:
                    headers["x-client"] = caller.told  # a key is its client's own
                reply, more = await self._upstream.call(
                    target.method,
                    target.template,
                    request.path_params,
                    _query(request),
                    headers,
                    body,
                    cacheable=target.cacheable,
                )
            finally:
                admission.in_flight -= 1
        except Problem as problem:
            problem.headers = told | problem.headers
            raise
        return _answer(reply, told | more)


def _query(request: Request) -> str:
    try:
        query: str = request.scope["query_string"].decode("ascii")
    except UnicodeDecodeError:
        raise Problem(
            400,
            "malformed-query",
            "The query is malformed",
            "The query holds characters that must be percent-encoded. Encode them, e.g. é as %C3%A9.",
        ) from None
    return query


def _answer(reply: Reply, more: dict[str, str]) -> Response:
    body = reply.body if reply.status < 400 else _public_problem(reply.body)
    raw = [
        (lowered.encode("latin-1"), value.encode("latin-1", "replace"))
        for name, value in reply.headers.items()
        if (lowered := name.lower()) not in _KEPT_BACK
    ]
    if (location := reply.headers.get("Location", "")).startswith("/"):
        raw = [header for header in raw if header[0] != b"location"]
        raw.append((b"location", (PREFIX + location).encode("latin-1", "replace")))
    if (link := reply.headers.get("Link", "")).startswith("</"):
        raw = [header for header in raw if header[0] != b"link"]
        raw.append((b"link", f"<{PREFIX}{link[1:]}".encode("latin-1", "replace")))
    raw += [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in more.items()]
    if reply.status not in {204, 304}:
        raw.append((b"content-length", b"%d" % len(body)))
    return RawResponse(body, reply.status, raw)


def _public_problem(body: bytes) -> bytes:
    """The problem as the caller may read it, with our paths in it; our own span says what it was."""
    try:
        problem = orjson.loads(body)
    except orjson.JSONDecodeError:
        return body
    if not isinstance(problem, dict):
        return body
    kind, detail, instance = (problem.get(name) for name in ("type", "detail", "instance"))
    if isinstance(kind, str):
        note("error.type", kind.rsplit("/", 1)[-1][:64])
    if not (isinstance(instance, str) and instance.startswith("/")):
        return body
    problem["instance"] = PREFIX + instance
    if isinstance(detail, str):
        problem["detail"] = detail.replace(instance, PREFIX + instance)
    return orjson.dumps(problem)
