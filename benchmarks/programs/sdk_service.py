"""One route with the OpenTelemetry SDK's own spans, logs and exporters. `python sdk_service.py PORT [OTLP_URL]`.

Each request leaves what a service of the shop leaves: a server span of nine attributes and a log record of eight.
"""

import logging
import sys
import time
from typing import Any

import uvicorn

BODY = b'{"id":"o-1","total_cents":1250,"items":[1,2,3]}'
HEADERS = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(BODY))]
tracer: Any = None
logger = logging.getLogger("bench")


async def app(scope: Any, _receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        return
    if tracer is None:
        await answer(send)
        return
    from opentelemetry.trace import SpanKind

    began_s = time.perf_counter()
    with tracer.start_as_current_span("GET /orders/{order_id}", kind=SpanKind.SERVER) as span:
        await answer(send)
        attributes = {
            "http.request.method": scope["method"],
            "url.path": scope["path"],
            "http.response.status_code": 200,
            "http.route": "/orders/{order_id}",
            "client.key": "bench",
            "enduser.id": "c-1",
            "duration_ms": round((time.perf_counter() - began_s) * 1000, 3),
        }
        span.set_attributes({**attributes, "http.request.header.x-request-id": "req-1", "url.query": "full=1"})
        logger.info("GET /orders/{order_id} 200 in 1 ms", extra={**attributes, "event.name": "request"})


async def answer(send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": BODY})


def trace_to(url: str) -> None:
    """Set the SDK up as its documentation does."""
    global tracer
    from opentelemetry import trace
    from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
    from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    resource = Resource.create({"service.name": "bench"})
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{url}/v1/traces")))
    trace.set_tracer_provider(provider)
    logs = LoggerProvider(resource=resource)
    logs.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter(f"{url}/v1/logs")))
    logger.addHandler(LoggingHandler(logger_provider=logs))
    logger.setLevel(logging.INFO)
    logger.propagate = False
    tracer = trace.get_tracer("bench")


if __name__ == "__main__":
    if len(sys.argv) > 2:
        trace_to(sys.argv[2])
    uvicorn.run(app, port=int(sys.argv[1]), log_level="error", access_log=False, lifespan="off")
