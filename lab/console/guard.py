"""Keeps other people's web pages out: only loopback names as Host (DNS rebinding), from other sites only links."""

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from lab.console.problems import refusal
from lab.core.errors import UsageError

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1", "[::1]"})
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
OTLP_PATHS = frozenset({"/v1/traces", "/v1/logs"})


def _host(header: str) -> str:
    return header.rpartition(":")[0] if header.rpartition(":")[2].isdigit() else header


def _opened(headers: Headers) -> bool:
    """Whether somebody follows a link to us, in a window of its own. Old browsers do not say; they get the page too."""
    mode, where = headers.get("sec-fetch-mode", "navigate"), headers.get("sec-fetch-dest", "document")
    return mode == "navigate" and where == "document"


class Guard:
    """Pure ASGI middleware; `telemetry_hosts` are allowed besides loopback, for the OTLP routes only."""

    def __init__(self, app: ASGIApp, telemetry_hosts: frozenset[str] = frozenset()) -> None:
        self.app = app
        self.telemetry_hosts = telemetry_hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse strangers with 403; let everybody else through."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if not self._known(_host(headers.get("host", "")), scope["path"]):
            answer = refusal(UsageError("This address is not the lab's own.", "Open it as http://127.0.0.1."), 403)
        elif not (self._same_site(headers) or (scope["method"] in SAFE and _opened(headers))):
            error = UsageError("A page of another site asked for this.", "Use the lab's own page or commands.")
            answer = refusal(error, 403)
        else:
            await self.app(scope, receive, send)
            return
        await answer(scope, receive, send)

    def _known(self, host: str, path: str) -> bool:
        return host in LOOPBACK or (host in self.telemetry_hosts and path in OTLP_PATHS)

    def _same_site(self, headers: Headers) -> bool:
        site = headers.get("sec-fetch-site")
        if site is not None:
            return site in ("same-origin", "none")
        origin = headers.get("origin")
        return origin is None or urlsplit(origin).netloc == headers.get("host")
