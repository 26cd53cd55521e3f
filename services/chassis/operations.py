"""What the people and machines that run a service ask it: `/health`, `/metrics`, `/internal/settings`.

They are answered before tracing and counting, so that probes and scrapes never look like traffic. What another company
counts is not ours to read: a third party's `/metrics` asks for the token, as settings do everywhere.
"""

import hmac
import os
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import orjson
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from services.chassis.problem import Problem, from_errors, wrong_method

if TYPE_CHECKING:
    from services.chassis.app import Service

_JSON = "application/json"


class Operations:
    """Answers the operational paths and passes everything else on."""

    def __init__(self, app: ASGIApp, service: "Service[Any, Any]") -> None:
        self.app = app
        self.service = service
        self._answers: dict[str, Callable[[Request], Awaitable[Response]]] = {
            "/health": self._health,
            "/metrics": self._metrics,
            "/internal/settings": self._settings,
        }
        self._guarded = {"/internal/settings", "/metrics"} if service.manifest.third_party else {"/internal/settings"}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        answer = self._answers.get(scope["path"]) if scope["type"] == "http" else None
        if answer is None or (scope["path"] in self._guarded and not self._admitted(scope)):
            await self.app(scope, receive, send)
            return
        try:
            response = await answer(Request(scope, receive))
        except Problem as problem:
            response = problem.response(self.service.problem_types, scope["path"])
        await response(scope, receive, send)

    def _admitted(self, scope: Scope) -> bool:
        """Whether the caller holds the token; to anybody else the path does not exist."""
        token = self.service.admin_token
        given = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
        return bool(token) and hmac.compare_digest(given, f"Bearer {token}".encode())

    async def _health(self, request: Request) -> Response:
        _only(request, "GET")
        service = self.service
        told = {
            "status": "ok",
            "service": service.name,
            "version": service.version,
            "nonce": service.boot.instance_nonce if service.started else "",
            "pid": os.getpid(),
        }
        return Response(orjson.dumps(told), media_type=_JSON)

    async def _metrics(self, request: Request) -> Response:
        _only(request, "GET")
        return Response(
            self.service.metrics.text(), headers={"content-type": "text/plain; version=0.0.4; charset=utf-8"}
        )

    async def _settings(self, request: Request) -> Response:
        _only(request, "GET", "PATCH")
        if request.method == "PATCH":
            self._patch(await request.body())
        service = self.service
        told = {
            "service": service.name,
            "version": service.version,
            "settings": service.live.now.model_dump(mode="json"),
        }
        return Response(orjson.dumps(told), media_type=_JSON)

    def _patch(self, body: bytes) -> None:
        try:
            asked = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise Problem(
                400, "malformed-json", "The body is not JSON", f"The body could not be read as JSON: {error}."
            ) from None
        if not isinstance(asked, dict) or asked.keys() - {"settings", "version"}:
            raise _refused('Send {"settings": {name: value}}, and optionally "version": "2.5.0"; nothing else.')
        values, version = asked.get("settings", {}), asked.get("version")
        if not isinstance(values, dict):
            raise _refused("'settings' must be an object of names and values.")
        if version is not None and not (isinstance(version, str) and version):
            raise _refused("'version' must be a text such as 2.5.0.")
        try:
            self.service.live.patch(values)
        except ValidationError as error:
            raise from_errors(error.errors()) from None
        if version is not None:
            self.service.use_version(version)


def _refused(detail: str) -> Problem:
    return Problem(422, "invalid-request", "The request is not valid", detail)


def _only(request: Request, *methods: str) -> None:
    if request.method not in methods and not (request.method == "HEAD" and "GET" in methods):
        raise wrong_method(request.url.path, request.method, methods)
