"""OTLP in: what the specification allows, what the official SDK sends, what must be refused."""

import base64
import gzip
import json
import threading
import time
import zlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.trace import SpanKind, Status, StatusCode

from lab.core.errors import UsageError
from lab.telemetry import Log, Span, decode_logs, decode_traces

TRACE, SPAN_ID, PARENT = "5B8EFFF798038103D269B633813FC60C", "EEE19B7EC3C1B174", "EEE19B7EC3C1B173"


def traces_body(**changes: Any) -> bytes:
    """A request as the specification's own example writes it."""
    span = {
        "traceId": TRACE,
        "spanId": SPAN_ID,
        "parentSpanId": PARENT,
        "name": "POST /orders",
        "kind": 2,
        "startTimeUnixNano": "1700000000123456789",
        "endTimeUnixNano": "1700000000133999999",
        "attributes": [
            {"key": "http.request.method", "value": {"stringValue": "POST"}},
            {"key": "http.response.status_code", "value": {"intValue": "503"}},
            {"key": "share", "value": {"doubleValue": 0.5}},
            {"key": "cached", "value": {"boolValue": False}},
            {"key": "list", "value": {"arrayValue": {"values": [{"intValue": 1}, {"stringValue": "a"}]}}},
            {"key": "map", "value": {"kvlistValue": {"values": [{"key": "k", "value": {"boolValue": True}}]}}},
            {"key": "bytes", "value": {"bytesValue": base64.b64encode(b"\x01\xff").decode()}},
            {"key": "empty", "value": {}},
        ],
        "status": {"code": 2},
        "futureField": {"any": 1},
    } | changes
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "orders"}}]}
    return json.dumps({"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": [span]}]}]}).encode()


def test_a_span_keeps_everything_that_is_asked_for() -> None:
    assert decode_traces(traces_body()) == [
        Span(
            trace_id=TRACE.lower(),
            span_id=SPAN_ID.lower(),
            parent_id=PARENT.lower(),
            service="orders",
            version="",
            name="POST /orders",
            kind="server",
            start_s=1700000000.123456,
            duration_ms=10.543,
            status="error",
            attributes={
                "http.request.method": "POST",
                "http.response.status_code": 503,
                "share": 0.5,
                "cached": False,
                "list": [1, "a"],
                "map": {"k": True},
                "bytes": "01ff",
                "empty": "",
            },
        )
    ]


def test_enumerations_may_come_by_name() -> None:
    (span,) = decode_traces(traces_body(kind="SPAN_KIND_CLIENT", status={"code": "STATUS_CODE_OK"}))
    assert (span.kind, span.status) == ("client", "ok")


@pytest.mark.parametrize(
    "changes",
    [{"traceId": ""}, {"traceId": "0" * 32}, {"spanId": ""}, {"startTimeUnixNano": 0}, {"startTimeUnixNano": 10**30}],
)
def test_a_span_without_identity_or_time_is_dropped(changes: dict[str, Any]) -> None:
    assert decode_traces(traces_body(**changes)) == []


def test_a_span_that_ends_before_it_starts_took_no_time() -> None:
    (span,) = decode_traces(traces_body(endTimeUnixNano="1600000000000000000", parentSpanId=None))
    assert span.duration_ms == 0
    assert span.parent_id is None


def test_times_beyond_reason_do_no_harm() -> None:
    (span,) = decode_traces(traces_body(endTimeUnixNano=10**30))
    assert span.duration_ms < 1e16
    (record,) = decode_logs(logs_body(timeUnixNano=str(10**25)))
    assert record.time_s == pytest.approx(time.time(), abs=60)


def test_an_exception_is_read_from_the_span_s_events() -> None:
    event = {"name": "exception", "attributes": [{"key": "exception.type", "value": {"stringValue": "ValueError"}}]}
    (span,) = decode_traces(traces_body(events=[event, {"name": "other"}]))
    assert span.attributes["exception.type"] == "ValueError"


def test_long_texts_are_cut_and_many_attributes_limited() -> None:
    many = [{"key": f"a{number}", "value": {"stringValue": "x" * 10_000}} for number in range(300)]
    (span,) = decode_traces(traces_body(attributes=many))
    assert len(span.attributes) == 128
    assert span.attributes["a0"].endswith("x…")
    assert len(span.attributes["a0"]) == 8192


def logs_body(**changes: Any) -> bytes:
    """One log record."""
    record = {
        "timeUnixNano": "1700000000500000000",
        "severityNumber": 13,
        "severityText": "WARN",
        "body": {"stringValue": "Payment refused"},
        "attributes": [
            {"key": "event.name", "value": {"stringValue": "payment.refused"}},
            {"key": "attempt", "value": {"intValue": 2}},
        ],
        "traceId": TRACE,
        "spanId": SPAN_ID,
    } | changes
    resource = {
        "attributes": [
            {"key": "service.name", "value": {"stringValue": "orders"}},
            {"key": "service.version", "value": {"stringValue": "2.4.1"}},
        ]
    }
    return json.dumps({"resourceLogs": [{"resource": resource, "scopeLogs": [{"logRecords": [record]}]}]}).encode()


def test_a_log_keeps_its_event_apart_from_its_attributes() -> None:
    assert decode_logs(logs_body()) == [
        Log(
            0,
            1700000000.5,
            "orders",
            "2.4.1",
            "WARN",
            "payment.refused",
            "Payment refused",
            TRACE.lower(),
            SPAN_ID.lower(),
            {"attempt": 2},
        )
    ]


@pytest.mark.parametrize(
    ("text", "number", "severity"),
    [
        ("warning", 0, "WARN"),
        ("", 17, "ERROR"),
        ("", 0, "INFO"),
        ("", 24, "FATAL"),
        ("", "SEVERITY_NUMBER_WARN2", "WARN"),
    ],
)
def test_severities_have_one_spelling(text: str, number: int | str, severity: str) -> None:
    (record,) = decode_logs(logs_body(severityText=text, severityNumber=number))
    assert record.severity == severity


def test_a_log_may_lack_nearly_everything() -> None:
    (record,) = decode_logs(
        logs_body(
            timeUnixNano=0, observedTimeUnixNano="1700000001000000000", traceId="", spanId="", attributes=[], body=None
        )
    )
    assert (record.time_s, record.trace_id, record.event, record.message) == (1700000001.0, None, None, "")
    assert decode_logs(b'{"resourceLogs":[{"scopeLogs":[{"logRecords":[{}]}]}]}')[0].service == "unknown_service"
    assert decode_logs(b"{}") == decode_traces(b"{}") == []


def test_a_body_that_is_a_mapping_becomes_text() -> None:
    (record,) = decode_logs(logs_body(body={"kvlistValue": {"values": [{"key": "a", "value": {"intValue": 1}}]}}))
    assert record.message == "{'a': 1}"
    (record,) = decode_logs(logs_body(eventName="order.paid"))
    assert record.event == "order.paid"


@pytest.mark.parametrize("decode", [decode_traces, decode_logs])
@pytest.mark.parametrize(
    ("body", "kind", "encoding"),
    [
        (b"", "application/json", None),
        (b"[]", "application/json", None),
        (b'{"resourceSpans": 3, "resourceLogs": 3}', "application/json", None),
        (b"\xff\xff\xff", "application/x-protobuf", None),
        (b"{}", "text/plain", None),
        (b"{}", "", None),
        (b"{}", "application/json", "br"),
        (b"{}", "application/json", "gzip"),
        (gzip.compress(b"{}" * 100, mtime=0)[:-9], "application/json", "gzip"),
        (b" " * (16 * 1024 * 1024 + 1), "application/json", None),
        (gzip.compress(b" " * (64 * 1024 * 1024), 1), "application/json", "gzip"),
        (zlib.compress(b"{}"), "application/json", "gzip"),
    ],
)
def test_a_wrong_body_is_refused_in_two_sentences(decode: Any, body: bytes, kind: str, encoding: str | None) -> None:
    with pytest.raises(UsageError) as refused:
        decode(body, kind, encoding)
    assert refused.value.what.endswith(".")
    assert refused.value.hint.endswith(".")


def test_deep_nesting_is_refused() -> None:
    value = '{"arrayValue":{"values":[' * 5000 + "{}" + "]}}" * 5000
    body = f'{{"resourceLogs":[{{"scopeLogs":[{{"logRecords":[{{"body":{value}}}]}}]}}]}}'
    with pytest.raises(UsageError):
        decode_logs(body.encode())


@given(st.binary(max_size=300))
def test_any_bytes_are_decoded_or_refused(body: bytes) -> None:
    for decode in (decode_traces, decode_logs):
        for kind in ("application/json", "application/x-protobuf"):
            try:
                decode(body, kind)
            except UsageError:
                continue


class _Receiver(BaseHTTPRequestHandler):
    """Takes OTLP as the console does."""

    spans: list[Span]
    logs: list[Log]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        kind, encoding = self.headers["Content-Type"], self.headers["Content-Encoding"]
        if self.path == "/v1/traces":
            self.spans.extend(decode_traces(body, kind, encoding))
        else:
            self.logs.extend(decode_logs(body, kind, encoding))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


@pytest.fixture
def receiver() -> Iterator[tuple[str, type[_Receiver]]]:
    handler = type("Receiver", (_Receiver,), {"spans": [], "logs": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", handler
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("compression", ["none", "gzip"])
def test_the_official_sdk_is_understood(receiver: tuple[str, type[_Receiver]], compression: str) -> None:
    from opentelemetry.exporter.otlp.proto.http import Compression

    url, received = receiver
    resource = Resource.create({"service.name": "returns", "service.version": "0.3"})
    tracers = TracerProvider(resource=resource)
    exporter = OTLPSpanExporter(f"{url}/v1/traces", compression=Compression(compression))
    tracers.add_span_processor(SimpleSpanProcessor(exporter))
    loggers = LoggerProvider(resource=resource)
    loggers.add_log_record_processor(
        SimpleLogRecordProcessor(OTLPLogExporter(f"{url}/v1/logs", compression=Compression(compression)))
    )
    tracer = tracers.get_tracer("test")
    with tracer.start_as_current_span("POST /returns", kind=SpanKind.SERVER) as outer:
        outer.set_attribute("http.request.method", "POST")
        outer.set_attribute("http.response.status_code", 201)
        outer.set_attribute("sizes", [1, 2])
        with tracer.start_as_current_span("GET /orders", kind=SpanKind.CLIENT) as inner:
            inner.set_status(Status(StatusCode.ERROR, "timeout"))
        loggers.get_logger("test").emit(body="Return taken", severity_text="WARNING", event_name="return.taken")
    tracers.shutdown()
    loggers.shutdown()

    by_name = {span.name: span for span in received.spans}
    server, client = by_name["POST /returns"], by_name["GET /orders"]
    assert (server.service, server.version, server.kind, server.status) == ("returns", "0.3", "server", "unset")
    assert server.attributes["http.response.status_code"] == 201
    assert server.attributes["sizes"] == [1, 2]
    assert server.trace_id == f"{outer.get_span_context().trace_id:032x}"
    assert (client.parent_id, client.kind, client.status) == (server.span_id, "client", "error")
    assert server.start_s <= client.start_s <= client.end_s <= server.end_s + 1e-6
    (record,) = received.logs
    assert (record.message, record.severity, record.event) == ("Return taken", "WARN", "return.taken")
    assert record.trace_id == server.trace_id


def test_protobuf_and_json_give_the_same_records() -> None:
    from google.protobuf.json_format import ParseDict
    from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    def as_protobuf(body: bytes, message: Any) -> bytes:
        data = json.loads(body)

        def bytes_for_ids(value: Any) -> Any:
            if isinstance(value, dict):
                return {
                    key: base64.b64encode(bytes.fromhex(inner)).decode()
                    if key in ("traceId", "spanId", "parentSpanId")
                    else bytes_for_ids(inner)
                    for key, inner in value.items()
                    if key != "futureField"
                }
            return [bytes_for_ids(inner) for inner in value] if isinstance(value, list) else value

        packed: bytes = ParseDict(bytes_for_ids(data), message).SerializeToString()
        return packed

    kind = "application/x-protobuf"
    assert decode_traces(as_protobuf(traces_body(), ExportTraceServiceRequest()), kind) == decode_traces(traces_body())
    assert decode_logs(as_protobuf(logs_body(), ExportLogsServiceRequest()), kind) == decode_logs(logs_body())
    packed = gzip.compress(as_protobuf(logs_body(), ExportLogsServiceRequest()))
    assert decode_logs(packed, kind, "gzip") == decode_logs(logs_body())


def test_an_attribute_without_a_name_is_left_out() -> None:
    nameless = {"key": "", "value": {"stringValue": "x"}}
    inner = {"key": "map", "value": {"kvlistValue": {"values": [nameless, {"key": "k", "value": {"intValue": 1}}]}}}
    (span,) = decode_traces(traces_body(attributes=[nameless, inner]))
    assert span.attributes == {"map": {"k": 1}}
