"""Telemetry: decoding, the store and the queries that pages, CLI, probes and grading all read.

    store = Store(path, clock=SystemClock())          # one SQLite file, one writer thread
    store.add_spans(decode_traces(body, "application/json", encoding="gzip"))
    store.add_logs(decode_logs(body, "application/x-protobuf"))

    telemetry = Telemetry(store)
    window = Window(now - 60, now)
    red = telemetry.red(Scope(service="gateway", route="POST /api/v1/orders"), window)
    red = telemetry.red(Scope(edge="gateway->orders"), window)
    red.error_share, red.p95_ms, red.statuses["429"]
    telemetry.logs("service:orders status:>=500 -event:request", window, limit=50)
    telemetry.traces('root:"POST /api/v1/orders" duration:>500', window)
    telemetry.business(window).lost

A record lies in the window in which it happened: a log at its time, a span at its *end*, as metrics and access logs
count requests. Windows are cut to whole milliseconds. Metrics are visible the moment `add_*` returns; queries on logs
and traces first wait (≤ 0.5 s) until the writer has committed everything added before them.
"""

from lab.telemetry.model import (
    Business,
    Heatmap,
    Log,
    OrdersStep,
    Point,
    Red,
    Scope,
    SlowStatement,
    Span,
    Trace,
    TraceSpan,
    TraceSummary,
    as_json,
)
from lab.telemetry.otlp import decode_logs, decode_traces
from lab.telemetry.queries import Telemetry
from lab.telemetry.retention import Limits
from lab.telemetry.store import Store, StoreStats

__all__ = [
    "Business",
    "Heatmap",
    "Limits",
    "Log",
    "OrdersStep",
    "Point",
    "Red",
    "Scope",
    "SlowStatement",
    "Span",
    "Store",
    "StoreStats",
    "Telemetry",
    "Trace",
    "TraceSpan",
    "TraceSummary",
    "as_json",
    "decode_logs",
    "decode_traces",
]
