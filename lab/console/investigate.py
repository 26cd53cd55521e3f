"""Routes for looking: metrics, logs, traces."""

import asyncio
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse

from lab.console.sessions import running_of
from lab.console.windows import Since, Until, window_of, window_or_lately
from lab.session import detail, overview
from lab.session import impact as cost
from lab.telemetry import Log, Trace, TraceSummary, as_json


class JsonLines(StreamingResponse):
    """One JSON object a line."""

    media_type = "application/x-ndjson"


router = APIRouter(prefix="/api", tags=["investigate"])
Limit = Annotated[int, Query(ge=1, le=1000)]
Step = Annotated[float | None, Query(ge=1, le=600, description="Seconds")]


@router.get("/overview")
async def overall(request: Request, since: Since = None, until: Until = None) -> dict[str, Any]:
    """RED per service and edge, business numbers, and what they mean."""
    session = running_of(request)
    window = window_or_lately(session, since, until)
    return await asyncio.to_thread(overview.overview, session, window)


@router.get("/metrics")
async def metrics(
    request: Request,
    service: str | None = None,
    edge: str | None = None,
    route: str | None = None,
    since: Since = None,
    until: Until = None,
    step: Step = None,
) -> dict[str, Any]:
    """RED and series of one service or edge."""
    session = running_of(request)
    scope = overview.known_scope(session, service, edge, route)
    window = window_or_lately(session, since, until)
    return await asyncio.to_thread(detail.detail, session, scope, window, step)


@router.get("/metrics/heatmap")
async def heatmap(
    request: Request,
    service: str | None = None,
    edge: str | None = None,
    route: str | None = None,
    since: Since = None,
    until: Until = None,
    step: Step = None,
) -> dict[str, Any]:
    """How many requests of each step took how long: what percentiles leave out."""
    session = running_of(request)
    scope = overview.known_scope(session, service, edge, route)
    window = window_or_lately(session, since, until, 300)
    return {
        "scope": {"service": scope.service, "edge": scope.edge, "route": scope.route},
        **await asyncio.to_thread(detail.heatmap, session, scope, window, step),
    }


@router.get("/metrics/orders")
async def orders(request: Request, since: Since = None, until: Until = None, step: Step = None) -> dict[str, Any]:
    """Orders tried, paid and lost, step by step."""
    session = running_of(request)
    window = window_or_lately(session, since, until, 300)
    return await asyncio.to_thread(detail.orders, session, window, step)


@router.get("/impact")
async def impact(request: Request) -> dict[str, Any]:
    """What it costs: orders lost, money, customers; now, in the baseline, and over the incident so far."""
    return await asyncio.to_thread(cost.impact, running_of(request))


@router.get("/logs")
async def logs(
    request: Request,
    q: str = "",
    since: Since = None,
    until: Until = None,
    limit: Limit = 50,
    before: int | None = None,
) -> dict[str, Any]:
    """Matching log records, newest first."""
    session = running_of(request)
    window = window_of(session, since, until)
    found = await asyncio.to_thread(session.telemetry.logs, q, window, limit, before)
    count = await asyncio.to_thread(session.telemetry.log_count, q, window)
    return {"logs": [log_row(log) for log in found], "count": count, "window": [window.start_s, window.end_s]}


@router.get("/logs/histogram")
async def log_histogram(
    request: Request, q: str = "", since: Since = None, until: Until = None, step: Step = None
) -> dict[str, Any]:
    """How many matching log records each step had."""
    session = running_of(request)
    window = window_of(session, since, until)
    return await asyncio.to_thread(detail.log_histogram, session, q, window, step)


@router.get("/logs/{log_id}")
async def one_log(request: Request, log_id: int) -> dict[str, Any]:
    """One log record, whole."""
    session = running_of(request)
    return log_row(await asyncio.to_thread(session.telemetry.log, log_id))


@router.get("/export/records", response_class=JsonLines)
async def export_records(request: Request, since: Since = None, until: Until = None) -> JsonLines:
    """Every span, log record and measured value of the window, raw: one JSON object a line, in the order of time."""
    session = running_of(request)
    window = window_of(session, since, until)
    records = session.telemetry.export_records(window)
    lines = (orjson.dumps(record, default=str) + b"\n" for record in records)
    return JsonLines(lines)


def log_row(log: Log) -> dict[str, Any]:
    """A log record as JSON, with the reference by which it can be cited."""
    return {"ref": f"log:{log.id}", **as_json(log)}


@router.get("/traces")
async def traces(
    request: Request, q: str = "", since: Since = None, until: Until = None, limit: Limit = 50
) -> dict[str, Any]:
    """Matching traces, newest first."""
    session = running_of(request)
    window = window_of(session, since, until)
    found = await asyncio.to_thread(session.telemetry.traces, q, window, limit)
    return {"traces": [_trace_row(trace) for trace in found], "window": [window.start_s, window.end_s]}


def _trace_row(trace: TraceSummary) -> dict[str, Any]:
    return {"ref": f"trace:{trace.trace_id[:12]}", **as_json(trace)}


@router.get("/traces/{trace_id}")
async def one_trace(request: Request, trace_id: str) -> dict[str, Any]:
    """One trace as a waterfall."""
    session = running_of(request)
    return trace_page(await asyncio.to_thread(session.telemetry.trace, trace_id))


def trace_page(trace: Trace) -> dict[str, Any]:
    """A trace with its spans in waterfall order."""
    return {
        "ref": f"trace:{trace.trace_id}",
        "trace_id": trace.trace_id,
        "start_s": trace.start_s,
        "duration_ms": trace.duration_ms,
        "critical_path": list(trace.critical_path),
        "missing": trace.missing,
        "spans": [
            {
                **as_json(placed.span),
                "depth": placed.depth,
                "offset_ms": placed.offset_ms,
                "self_ms": placed.self_ms,
                "critical": placed.critical,
                "critical_ms": placed.critical_ms,
            }
            for placed in trace.spans
        ],
    }
