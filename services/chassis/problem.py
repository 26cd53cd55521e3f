"""Errors as RFC 9457 problems: one envelope for every error, whose `detail` says what to change."""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from http import HTTPStatus
from typing import Any

import orjson
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match

from services.chassis import log
from services.chassis.telemetry import current_trace, note

MEDIA_TYPE = "application/problem+json"


class Problem(Exception):
    """An error answer: raise it anywhere below a request.

    `kind` is a short name for this sort of error (`rate-limited`); `detail` says what happened and what to
    change; `more` are further members of the body.
    """

    def __init__(
        self,
        status: int,
        kind: str,
        title: str,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(title)
        self.status = status
        self.kind = kind
        self.title = title
        self.detail = detail
        self.headers = dict(headers or {})
        self.more = more

    def body(self, types: str, instance: str = "") -> bytes:
        """The JSON body; `types` is the address that problem types start with."""
        trace = current_trace.get()
        members: dict[str, Any] = {
            "type": f"{types}{self.kind}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
        }
        if instance:
            members["instance"] = instance
        if trace is not None and trace.request_id:
            members["request_id"] = trace.request_id
        return orjson.dumps(members | self.more, default=str)

    def response(self, types: str, instance: str = "") -> Response:
        """The whole answer."""
        return Response(self.body(types, instance), self.status, self.headers, MEDIA_TYPE)


def not_found(path: str) -> Problem:
    """Nothing answers at this path."""
    return Problem(
        404,
        "not-found",
        "Not found",
        f"Nothing is at {path}. Check the path and the id in it; /openapi.json lists every path.",
    )


def not_json(sent: str) -> Problem:
    """The body is of a type we do not read."""
    return Problem(
        415,
        "unsupported-media-type",
        "Unsupported media type",
        f"The body must be JSON, but its Content-Type is {sent or 'missing'}. Send Content-Type: application/json.",
    )


def wrong_method(path: str, method: str, allowed: Sequence[str]) -> Problem:
    """The path answers other methods."""
    return Problem(
        405,
        "method-not-allowed",
        "Method not allowed",
        f"{path} does not answer {method}. Use {' or '.join(allowed)}.",
        headers={"Allow": ", ".join(allowed).replace("GET", "GET, HEAD")},
    )


def _methods(request: Request) -> list[str]:
    """What the path does answer; the framework tells those of the first matching route alone."""
    methods: set[str] = set()
    for route in request.app.routes:
        if route.matches(request.scope)[0] is not Match.NONE:
            methods |= route.methods or set()
    return sorted(methods)


def unexpected() -> Problem:
    """Our own mistake."""
    return Problem(
        500,
        "internal-error",
        "Internal error",
        "The request may be fine: something failed on our side. Try again later; if it stays, report the request id.",
    )


def from_errors(errors: Sequence[Any], status: int = 422) -> Problem:
    """A problem from pydantic's errors: the first in words, all of them by JSON pointer under `errors`."""
    listed = []
    for error in errors:
        where = [str(step) for step in error["loc"]]
        source = where[0] if where and where[0] in {"body", "query", "path", "header"} else "body"
        name = ".".join(where[1:] if where and where[0] == source else where) or source
        message = error["msg"].removeprefix("Value error, ")
        listed.append({"in": source, "name": name, "detail": message})
    if errors and errors[0]["type"] == "json_invalid":
        return Problem(
            400,
            "malformed-json",
            "The body is not JSON",
            f"The body could not be read as JSON: {errors[0].get('ctx', {}).get('error', 'syntax error')}. "
            "Check quotes, commas and braces.",
        )
    first = listed[0] if listed else {"in": "body", "name": "body", "detail": "invalid"}
    return Problem(
        status,
        "invalid-request",
        "The request is not valid",
        f"Correct {first['name']!r} in the {first['in']}: {first['detail']}."
        + (f" {len(listed) - 1} more under 'errors'." if len(listed) > 1 else ""),
        errors=listed,
    )


def answer(types: str, problem: Problem, path: str) -> Response:
    """The answer that a problem is; the trace and the log then say what sort of problem it was."""
    note("error.type", problem.kind)
    for wrong in problem.more.get("errors", ())[:1]:
        named = {"request.part": wrong["in"], "request.field": wrong["name"]}
        log.info("request.invalid", problem.detail, named)
    return problem.response(types, path)


def exception_handlers(
    types: str,
) -> dict[int | type[Exception], Callable[[Request, Any], Coroutine[Any, Any, Response]]]:
    """Handlers that turn every exception with a meaning into a problem."""

    async def problem(request: Request, error: Problem) -> Response:
        return answer(types, error, request.url.path)

    async def http(request: Request, error: HTTPException) -> Response:
        path = request.url.path
        if error.status_code == 404:
            found = not_found(path)
        elif error.status_code == 405:
            found = wrong_method(path, request.method, _methods(request))
        else:
            title = HTTPStatus(error.status_code).phrase
            found = Problem(
                error.status_code,
                title.lower().replace(" ", "-"),
                title,
                str(error.detail),
                headers=error.headers,
            )
        return answer(types, found, path)

    async def invalid(request: Request, error: RequestValidationError) -> Response:
        sent = request.headers.get("content-type", "")
        if any(found["loc"] == ("body",) for found in error.errors()) and "json" not in sent:
            return answer(types, not_json(sent), request.url.path)
        return answer(types, from_errors(error.errors()), request.url.path)

    return {Problem: problem, HTTPException: http, RequestValidationError: invalid}
