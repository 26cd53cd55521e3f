"""The ASGI layer around every request: id, trace context, server span, access log, metrics, last resort."""

import re
import time
import traceback
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.chassis.kept_headers import KeptHeaders, Raw
from services.chassis.metrics import Metrics
from services.chassis.problem import unexpected
from services.chassis.telemetry import (
    Telemetry,
    Trace,
    current_trace,
    new_span_id,
    new_trace_id,
    read_traceparent,
)

_REQUEST_ID = re.compile(r"^[A-Za-z0-9._:/+=-]{1,128}$")


_HUNG_UP = 499
"""What the log says when the caller left before the whole request was here; nobody receives it."""


class Observe:
    """Wraps the application once; pure ASGI, so that a request costs no further task or queue."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        telemetry: Telemetry,
        metrics: Metrics,
        types: str,
        traced: bool = True,
        kept_headers: KeptHeaders | None = None,
    ) -> None:
        self.app = app
        self.telemetry = telemetry
        self.metrics = metrics
        self.types = types
        self.traced = traced
        self.kept_headers = kept_headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        start_s, before = time.time(), time.perf_counter()
        incoming = request_id = ""
        for name, value in scope["headers"]:
            if name == b"traceparent":
                incoming = value.decode("latin-1")
            elif name == b"x-request-id":
                request_id = value.decode("latin-1")
        parsed = read_traceparent(incoming) if incoming and self.traced else None
        trace_id, parent_id = parsed if parsed else (new_trace_id(), "")
        span_id = new_span_id()
        if not _REQUEST_ID.match(request_id):
            request_id = f"req-{trace_id[:16]}"
        trace = Trace(self.telemetry, trace_id, span_id, request_id)
        current_trace.set(trace)
        extra = [(b"x-request-id", request_id.encode())]
        if self.traced:
            extra.append((b"traceresponse", trace.traceparent().encode()))
        status = 0
        answered: Raw = ()

        async def stamped(message: Message) -> None:
            nonlocal status, answered
            if message["type"] == "http.response.start":
                status = message["status"]
                answered = message["headers"] = [*message.get("headers", ()), *extra]
            await send(message)

        self.metrics.active += 1
        failure = ""
        # HEAD is answered as GET is (RFC 9110 §9.3.2); the server, which knows that it was HEAD, leaves the body out
        asked = {**scope, "method": "GET"} if scope["method"] == "HEAD" else scope
        try:
            await self.app(asked, receive, stamped)
        except ClientDisconnect:
            status = status or _HUNG_UP
        except Exception as error:
            failure = type(error).__name__
            self._report(error, trace)
            if status:  # the answer has begun: the server must cut the connection
                raise
            await unexpected().response(self.types, scope["path"])(scope, receive, stamped)
        finally:
            self.metrics.active -= 1
            duration_s = time.perf_counter() - before
            self._finish(
                scope["method"], asked, trace, parent_id, start_s, duration_s, status or 500, failure, answered
            )

    def _report(self, error: Exception, trace: Trace) -> None:
        self.telemetry.log(
            "exception",
            f"{type(error).__name__}: {error}",
            {
                "exception.type": type(error).__name__,
                "exception.message": str(error),
                "exception.stacktrace": "".join(traceback.format_exception(error)),
            },
            "ERROR",
            trace.trace_id,
            trace.span_id,
        )

    def _finish(
        self,
        method: str,
        scope: Scope,
        trace: Trace,
        parent_id: str,
        start_s: float,
        duration_s: float,
        status: int,
        failure: str,
        answered: Raw,
    ) -> None:
        path: str = scope["path"]
        route: str | None = getattr(scope.get("route"), "path_format", None)
        self.metrics.answered(method, route or "unmatched", status, duration_s)
        telemetry = self.telemetry
        if not telemetry.listened_to:
            return
        attributes: dict[str, Any] = {
            "http.request.method": method,
            "url.path": path,
            "http.response.status_code": status,
        }
        if route:
            attributes["http.route"] = route
        attributes |= trace.notes
        message = f"{method} {route or path} {status} in {duration_s * 1000:.0f} ms"
        telemetry.log(
            "request",
            message,
            {**attributes, "duration_ms": round(duration_s * 1000, 3)},
            "INFO" if status < 500 else "ERROR",
            trace.trace_id,
            trace.span_id,
        )
        if not telemetry.tracing:
            return
        if scope["query_string"]:
            attributes["url.query"] = scope["query_string"].decode("latin-1")
        if status >= 500 and "error.type" not in attributes:
            attributes["error.type"] = failure or str(status)
        if self.kept_headers is not None and trace.keeps_headers:
            attributes |= self.kept_headers.of(scope["headers"], answered)
        attributes["http.request.header.x-request-id"] = trace.request_id
        telemetry.span(
            trace.trace_id,
            trace.span_id,
            parent_id,
            f"{method} {route}" if route else method,
            "server",
            start_s,
            duration_s,
            attributes,
            "error" if status >= 500 else "unset",
        )
