"""OTLP/HTTP in: where the services send their spans and logs."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request, Response

from lab.core.errors import UsageError
from lab.session.states import ENDED
from lab.telemetry import decode_logs, decode_traces

router = APIRouter(prefix="/v1", tags=["otlp"])
BODY_LIMIT = 16 * 1024 * 1024


async def _take(request: Request, decode: Callable[..., list[Any]], signal: str) -> Response:
    if int(request.headers.get("content-length") or 0) > BODY_LIMIT:
        raise UsageError("The telemetry batch is larger than 16 MiB.", "Send smaller batches.")
    kind = request.headers.get("content-type", "")
    records = decode(await request.body(), kind, encoding=request.headers.get("content-encoding", ""))
    session = request.app.state.owner.session
    if session is not None and session.state not in ENDED:
        (session.store.add_spans if signal == "traces" else session.store.add_logs)(records)
    if "json" in kind:
        return Response(b"{}", media_type="application/json")
    return Response(b"", media_type="application/x-protobuf")


@router.post("/traces", include_in_schema=False)
async def traces(request: Request) -> Response:
    """Spans."""
    return await _take(request, decode_traces, "traces")


@router.post("/logs", include_in_schema=False)
async def logs(request: Request) -> Response:
    """Log records."""
    return await _take(request, decode_logs, "logs")
