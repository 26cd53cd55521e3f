"""Telemetry on its way out: another collector gets what the console got, and can never hold anything up."""

import asyncio
import gzip
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from types import SimpleNamespace

import httpx
import pytest
from aiohttp import web
from fastapi import FastAPI
from google.protobuf import json_format
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from lab.console import otlp_in, problems
from lab.console.otlp_out import Forwarder, from_environment
from lab.core.errors import UsageError

KINDS = {"traces": ExportTraceServiceRequest, "logs": ExportLogsServiceRequest}
JSON = "application/json"
LINE = (
    b'{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":"1700000000000000000","severityNumber":9,'
    b'"body":{"stringValue":"hello"}}]}]}]}'
)


@dataclass
class Collector:
    """Another collector, which reads with the official schema; `answers` are statuses to come, the last one stays."""

    url: str = ""
    answers: list[int] = field(default_factory=lambda: [200])
    taken: list[tuple[str, object]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    hangs: bool = False
    released: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, request: web.Request) -> web.Response:
        status = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        self.headers.append(dict(request.headers))
        if self.hangs:
            await self.released.wait()
        if status == 200:
            signal = request.match_info["signal"]
            message = KINDS[signal]()
            body = await request.read()  # aiohttp has unpacked it
            if request.content_type == JSON:
                json_format.Parse(body, message)
            else:
                message.ParseFromString(body)
            self.taken.append((signal, message))
        return web.Response(status=status)


@pytest.fixture
async def collector() -> AsyncIterator[Collector]:
    collector = Collector()
    app = web.Application()
    app.router.add_post("/v1/{signal}", collector.take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    collector.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield collector
    await runner.cleanup()


def console(forwarder: Forwarder) -> httpx.AsyncClient:
    """The OTLP routes of a console whose session has ended: what it gets is only sent on."""
    app = FastAPI()
    app.include_router(otlp_in.router)
    problems.install(app)
    app.state.owner = SimpleNamespace(session=None)
    app.state.forwarder = forwarder
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:7700")


async def until(true: Callable[[], object]) -> None:
    for _ in range(2000):
        if true():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never happened")


async def test_what_comes_in_goes_out_in_the_same_order_and_encoding(collector: Collector) -> None:
    forwarder = Forwarder(collector.url + "/", {"Authorization": "Bearer t"})
    async with forwarder.running(), console(forwarder) as client:
        await client.post("/v1/logs", content=LINE, headers={"Content-Type": JSON})
        packed = {"Content-Type": JSON, "Content-Encoding": "gzip"}
        await client.post("/v1/logs", content=gzip.compress(LINE), headers=packed)
        await client.post("/v1/traces", content=b"", headers={"Content-Type": "application/x-protobuf"})
        await until(lambda: len(collector.taken) == 3)
    assert [signal for signal, _ in collector.taken] == ["logs", "logs", "traces"]
    assert collector.taken[0][1] == collector.taken[1][1]
    assert {one["Authorization"] for one in collector.headers} == {"Bearer t"}
    assert forwarder.told() == {"to": collector.url, "sent": 3, "lost": 0, "trouble": None}


async def test_spans_of_the_official_sdk_arrive_whole(collector: Collector) -> None:
    spans: list[bytes] = []

    class Keep:
        def export(self, batch: object) -> object:
            from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
            from opentelemetry.sdk.trace.export import SpanExportResult

            spans.append(encode_spans(batch).SerializeToString())  # type: ignore[arg-type]
            return SpanExportResult.SUCCESS

        def shutdown(self) -> None:
            pass

    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(Keep()))  # type: ignore[arg-type]
    with provider.get_tracer("shop").start_as_current_span("GET /orders"):
        pass
    provider.shutdown()
    forwarder = Forwarder(collector.url)
    async with forwarder.running(), console(forwarder) as client:
        answer = await client.post("/v1/traces", content=spans[0], headers={"Content-Type": "application/x-protobuf"})
        assert answer.status_code == 200
        await until(lambda: collector.taken)
    expected = ExportTraceServiceRequest()
    expected.ParseFromString(spans[0])
    assert collector.taken == [("traces", expected)]


async def test_what_the_console_refuses_is_not_sent_on(collector: Collector) -> None:
    forwarder = Forwarder(collector.url)
    async with forwarder.running(), console(forwarder) as client:
        answer = await client.post("/v1/logs", content=b"no json", headers={"Content-Type": JSON})
        assert answer.status_code == 422
    assert collector.taken == []


async def test_a_collector_that_asks_for_patience_gets_the_batch_again_and_once(collector: Collector) -> None:
    collector.answers = [503, 429, 200]
    forwarder = Forwarder(collector.url)
    async with forwarder.running():
        forwarder.put("logs", LINE, JSON, "")
        await until(lambda: collector.taken)
    assert len(collector.taken) == 1
    assert (forwarder.sent, forwarder.lost) == (1, 0)


async def test_a_collector_that_does_not_take_logs_still_gets_traces(collector: Collector) -> None:
    collector.answers = [404, 200]
    forwarder = Forwarder(collector.url)
    async with forwarder.running():
        forwarder.put("logs", LINE, JSON, "")
        await until(lambda: forwarder.trouble)
        assert "does not take logs (404)" in forwarder.trouble
        forwarder.put("traces", b"", "application/x-protobuf", "")
        await until(lambda: collector.taken)
    assert forwarder.told() == {"to": collector.url, "sent": 1, "lost": 1, "trouble": None}


async def test_a_collector_that_comes_later_gets_what_waited(collector: Collector) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    forwarder = Forwarder(f"http://127.0.0.1:{port}")
    app = web.Application()
    app.router.add_post("/v1/{signal}", collector.take)
    runner = web.AppRunner(app)
    async with forwarder.running():
        forwarder.put("logs", LINE, JSON, "")
        await until(lambda: "cannot be reached" in forwarder.trouble)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        await until(lambda: collector.taken)
    await runner.cleanup()
    assert (forwarder.sent, forwarder.lost) == (1, 0)


async def test_one_that_never_answers_costs_a_bound_of_memory_and_nobody_any_time(collector: Collector) -> None:
    collector.hangs = True
    forwarder = Forwarder(collector.url, most_bytes=10 * len(LINE))
    async with forwarder.running(), console(forwarder) as client:
        every = [client.post("/v1/logs", content=LINE, headers={"Content-Type": JSON}) for _ in range(50)]
        answers = await asyncio.gather(*every)
        assert {answer.status_code for answer in answers} == {200}
        assert forwarder.lost == 40
        assert collector.taken == []
        collector.released.set()


def test_without_an_endpoint_nothing_is_forwarded() -> None:
    assert from_environment({}, 7700) is None
    assert from_environment({"OTEL_EXPORTER_OTLP_ENDPOINT": " "}, 7700) is None


async def test_headers_are_read_as_the_specification_writes_them() -> None:
    env = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": "https://otlp.example/otlp",
        "OTEL_EXPORTER_OTLP_HEADERS": "Authorization=Basic%20abc%3D, X-Scope = 1",
    }
    forwarder = from_environment(env, 7700)
    assert forwarder is not None
    assert forwarder._headers == {"Authorization": "Basic abc=", "X-Scope": "1"}


@pytest.mark.parametrize(
    "endpoint",
    ["127.0.0.1:4318", "grpc://x:4317", "http://", "http://127.0.0.1:7700", "http://localhost:4318x", "http://[::1"],
)
def test_an_endpoint_that_cannot_be_is_refused(endpoint: str) -> None:
    with pytest.raises(UsageError):
        from_environment({"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint}, 7700)
