"""Spans and logs arrive as valid OTLP, in time, and never at a request's cost."""

import socket
import threading
import time
from typing import Any

import httpx
import pytest

from services.chassis.otlp import Exporter, encode_log, encode_resource, encode_span
from services.chassis.telemetry import Telemetry, current_trace, read_traceparent, record_span, span, traceparent


@pytest.fixture
def answer(serve: Any, sink: Any) -> httpx.Response:
    """The answer of the route that uses all of telemetry."""
    return httpx.get(f"{serve(OTEL_EXPORTER_OTLP_ENDPOINT=sink.url).url}/spans")


def test_recorded_spans_stand_where_they_were_recorded(answer: httpx.Response, sink: Any, eventually: Any) -> None:
    trace_id = answer.headers["traceresponse"].split("-")[1]
    eventually(lambda: len(sink.trace(trace_id)) == 4)
    by_name = {span["name"]: span for span in sink.trace(trace_id)}
    server = by_name["GET /spans"]
    assert server["attributes"]["coffee.origin"] == "ET"
    query = by_name["SELECT beans"]
    assert (query["kind"], query["error"]) == ("client", True)
    assert query["end_ns"] - query["start_ns"] == 500_000_000
    assert abs(query["start_ns"] - 1_700_000_000_250_000_000) < 1000
    assert query["parent_id"] == by_name["grind"]["parent_id"] == server["span_id"]
    assert by_name["brew"]["parent_id"] == by_name["grind"]["span_id"] == answer.json()["grind"]


def test_a_log_event_keeps_its_types_and_its_trace(answer: httpx.Response, sink: Any, eventually: Any) -> None:
    trace_id = answer.json()["traceparent"].split("-")[1]
    (event,) = eventually(lambda: [seen for seen in sink.events("roast.burnt") if seen["trace_id"] == trace_id])
    attributes = event["attributes"]
    assert (event["severity"], event["number"], event["message"]) == ("WARN", 13, "Too dark")
    assert (attributes["roast.level"], attributes["ok"], attributes["share"]) == (9, False, 0.5)
    assert [value.WhichOneof("value") for value in attributes["list"].values] == ["string_value", "int_value"]
    assert "nothing" not in attributes


def test_an_unhandled_exception_is_logged_with_its_stack(serve: Any, sink: Any, eventually: Any) -> None:
    httpx.get(f"{serve(OTEL_EXPORTER_OTLP_ENDPOINT=sink.url).url}/boom")
    (event,) = eventually(lambda: sink.events("exception"))
    assert event["severity"] == "ERROR"
    assert "the secret reason" in event["attributes"]["exception.stacktrace"]
    assert event["attributes"]["exception.type"] == "RuntimeError"


def test_telemetry_of_the_latest_request_arrives_without_a_further_one(serve: Any, sink: Any, eventually: Any) -> None:
    url = serve(OTEL_EXPORTER_OTLP_ENDPOINT=sink.url).url
    for _ in range(2):
        answer = httpx.get(f"{url}/delay")
        trace_id = answer.headers["traceresponse"].split("-")[1]
        eventually(lambda trace_id=trace_id: sink.trace(trace_id))


def test_many_records_travel_in_few_requests(sink: Any, eventually: Any) -> None:
    exporter = Exporter(sink.url)
    before = sink.posts
    for _ in range(200):
        exporter.log((encode_resource({}), encode_log(1.0, "INFO", "one of many", {}, "", "")))
    eventually(lambda: len([record for record in sink.logs if record["message"] == "one of many"]) == 200)
    exporter.close()
    assert sink.posts - before < 20


def test_what_waits_is_flushed_when_the_service_stops(serve: Any, sink: Any, eventually: Any) -> None:
    running = serve(OTEL_EXPORTER_OTLP_ENDPOINT=sink.url)
    sink.spans.clear()
    for _ in range(5):
        httpx.get(f"{running.url}/delay")
    running.end()
    assert len(sink.spans) == 5


def test_no_request_waits_for_a_receiver_that_hangs_nor_does_the_end(serve: Any, sink: Any) -> None:
    running = serve(OTEL_EXPORTER_OTLP_ENDPOINT=sink.url)
    sink.hang.set()
    before = sink.hung
    try:
        with httpx.Client(base_url=running.url) as client:
            assert {client.get("/spans").status_code for _ in range(100)} == {200}
        assert sink.hung - before < 50  # each request sends spans and a log: none of them was waited for
        running.end()
    finally:
        sink.hang.clear()


def test_a_receiver_that_is_not_there_yet_gets_what_was_kept(free_port: Any, eventually: Any) -> None:
    port = free_port()
    exporter = Exporter(f"http://127.0.0.1:{port}", every_s=0.05)
    exporter.log((encode_resource({"service.name": "x"}), encode_log(1.0, "INFO", "kept", {}, "", "")))
    time.sleep(0.2)
    got: list[bytes] = []
    with socket.create_server(("127.0.0.1", port)) as listener:
        connection, _ = listener.accept()
        with connection:
            while b"kept" not in b"".join(got):
                got.append(connection.recv(65536))
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
    exporter.close()
    assert b"POST /v1/logs" in got[0]
    assert exporter.dropped == 0


def test_an_idle_connection_that_the_receiver_closed_costs_no_record(sink: Any, eventually: Any) -> None:
    answered = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer_once_per_connection() -> None:
            for _ in range(2):
                connection, _ = listener.accept()
                with connection:
                    got = b""
                    while b"stringValue" not in got:
                        got += connection.recv(65536)
                    heard.append(got)
                    connection.sendall(answered)

        thread = threading.Thread(target=answer_once_per_connection, daemon=True)
        thread.start()
        exporter = Exporter(f"http://127.0.0.1:{listener.getsockname()[1]}", every_s=0.02)
        for word in ("one", "two"):
            exporter.log((b"{}", encode_log(1.0, "INFO", word, {}, "", "")))
            eventually(lambda word=word: word.encode() in b"".join(heard))
            time.sleep(0.1)
        exporter.close()
        thread.join(5)
    assert exporter.dropped == 0


def test_more_than_the_queue_holds_is_dropped_and_counted(free_port: Any) -> None:
    exporter = Exporter(f"http://127.0.0.1:{free_port()}", limit=10, every_s=30)
    record = (b"{}", encode_span("0" * 31 + "1", "0" * 15 + "1", "", "x", "server", 1.0, 0.1, {}, "ok"))
    for _ in range(25):
        exporter.span(record)
    assert exporter.dropped == 15
    exporter.close(0.5)


def test_text_that_is_not_unicode_is_sent_all_the_same(sink: Any, eventually: Any) -> None:
    exporter = Exporter(sink.url, every_s=0.02)
    exporter.log((encode_resource({}), encode_log(1.0, "INFO", "a\udcffb", {"k": "\ud800"}, "", "")))
    eventually(lambda: [record for record in sink.logs if record["message"] == "a?b"])
    exporter.close()


def test_an_address_that_is_none_is_refused_with_its_variable() -> None:
    with pytest.raises(ValueError, match="OTEL_EXPORTER_OTLP_ENDPOINT"):
        Exporter("localhost:4318")


@pytest.mark.parametrize(
    "header",
    [
        "",
        "nonsense",
        "00-" + "0" * 32 + "-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-" + "0" * 16 + "-01",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
    ],
)
def test_a_wrong_traceparent_is_ignored(header: str) -> None:
    assert read_traceparent(header) is None


def test_work_done_later_goes_on_in_the_trace_it_began_in(sink: Any, eventually: Any) -> None:
    telemetry = Telemetry("worker", "1")
    telemetry.start(endpoint=sink.url, log_stdout=False, instance="i")
    with span(telemetry, "accept") as accepted:
        stored = traceparent()
    assert current_trace.get() is None
    record_span("lost", "internal", 1.0, 1.0)
    with pytest.raises(KeyError), span(telemetry, "pay later", parent=stored):
        raise KeyError("no money")
    telemetry.close()
    later = next(span for span in sink.trace(accepted.trace_id) if span["name"] == "pay later")
    assert later["parent_id"] == accepted.span_id
    assert later["error"]
    assert later["attributes"]["error.type"] == "KeyError"
    assert not [span for span in sink.spans if span["name"] == "lost"]


def test_a_request_that_is_not_valid_leaves_the_field_in_the_log(serve: Any, sink: Any, eventually: Any) -> None:
    url = serve(OTEL_EXPORTER_OTLP_ENDPOINT=sink.url).url
    answer = httpx.post(f"{url}/items/1", json={"name": "a", "count": 1, "colour": "red"})
    (event,) = eventually(lambda: sink.events("request.invalid"))
    assert event["message"] == answer.json()["detail"]
    assert event["attributes"]["request.part"] == "body"
    assert event["attributes"]["request.field"] == "colour"
