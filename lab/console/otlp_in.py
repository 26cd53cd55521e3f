"""OTLP/HTTP in: where the services send their spans and logs."""

import asyncio
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request, Response

from lab.session.states import ENDED
from lab.telemetry import decode_logs, decode_traces
from lab.telemetry.otlp.body import LARGEST_BYTES

router = APIRouter(prefix="/v1", tags=["otlp"])
ASIDE_BYTES = 65_536
"""Decoding more than this would keep the event loop from everything else for a noticeable while."""


async def _take(request: Request, decode: Callable[..., list[Any]], signal: str) -> Response:
    kind, encoding = request.headers.get("content-type", ""), request.headers.get("content-encoding", "")
    body = await _body(request)
    if len(body) > ASIDE_BYTES:
        records = await asyncio.to_thread(decode, body, kind, encoding=encoding)
    else:
        records = decode(body, kind, encoding=encoding)
    if (forwarder := request.app.state.forwarder) is not None:
        forwarder.put(signal, body, kind, encoding)
    session = request.app.state.owner.session
    if session is not None and session.state not in ENDED:
        (session.store.add_spans if signal == "traces" else session.store.add_logs)(records)
    if "json" in kind:
        return Response(b"{}", media_type="application/json")
    return Response(b"", media_type="application/x-protobuf")


async def _body(request: Request) -> bytes:
    """The body, as far as it may go: decoding refuses what is longer, and nobody has to hold the rest."""
    parts, size = [], 0
    async for part in request.stream():
        parts.append(part)
        size += len(part)
        if size > LARGEST_BYTES:
            break
    return b"".join(parts)


@router.post("/traces", include_in_schema=False)
async def traces(request: Request) -> Response:
    """Spans."""
    return await _take(request, decode_traces, "traces")


@router.post("/logs", include_in_schema=False)
async def logs(request: Request) -> Response:
    """Log records."""
    return await _take(request, decode_logs, "logs")
