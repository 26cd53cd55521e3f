"""Traces put together: waterfall, critical path, and everything that can be wrong with spans."""

import random

import pytest
from fakes_telemetry import T0, call, checkout, request, span, statement, trace_id
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.telemetry import Span, Trace
from lab.telemetry.assembly import assemble, summarise

TRACE = trace_id(1)


def node(name: str, parent: str | None, start_ms: float, end_ms: float, **more: object) -> Span:
    """A span named like its id."""
    given = {"service": "orders", "kind": "internal"} | more
    return span(name, trace=TRACE, span_id=name, parent=parent, at=start_ms / 1000, ms=end_ms - start_ms, **given)


def times(trace: Trace) -> dict[str, float]:
    """Milliseconds each span contributed to the critical path."""
    return {one.span.span_id: one.critical_ms for one in trace.spans if one.critical}


def test_the_critical_path_goes_through_the_child_that_finished_last() -> None:
    trace = assemble(
        TRACE,
        [
            node("root", None, 0, 100),
            node("short", "root", 10, 40),
            node("long", "root", 10, 80),
            node("inner", "long", 30, 70),
            node("early", "root", 2, 6),
        ],
    )
    assert trace.critical_path == ("root", "early", "long", "inner")
    assert times(trace) == pytest.approx({"root": 2 + 4 + 20, "early": 4, "long": 20 + 10, "inner": 40})
    assert sum(times(trace).values()) == pytest.approx(100)
    assert [(one.span.span_id, one.depth) for one in trace.spans] == [
        ("root", 0),
        ("early", 1),
        ("long", 1),
        ("inner", 2),
        ("short", 1),
    ]


def test_calls_one_after_the_other_are_all_critical() -> None:
    trace = assemble(TRACE, [node("root", None, 0, 100), node("a", "root", 10, 40), node("b", "root", 50, 90)])
    assert times(trace) == pytest.approx({"root": 10 + 10 + 10, "a": 30, "b": 40})
    assert {one.span.span_id: one.self_ms for one in trace.spans} == pytest.approx({"root": 30, "a": 30, "b": 40})


def test_a_child_that_outlives_its_parent_counts_up_to_the_parent_s_end() -> None:
    trace = assemble(TRACE, [node("root", None, 0, 50), node("late", "root", 20, 500), node("after", "root", 60, 70)])
    assert trace.duration_ms == pytest.approx(50)
    assert times(trace) == pytest.approx({"root": 20, "late": 30})
    assert {one.span.span_id: one.self_ms for one in trace.spans}["root"] == pytest.approx(20)


def test_a_missing_parent_leaves_its_children_under_the_root() -> None:
    spans = [
        checkout(trace=TRACE, span_id="root", ms=50),
        statement("SELECT 1", trace=TRACE, parent="lost", at=0.01, ms=9),
    ]
    trace = assemble(TRACE, spans)
    assert trace.missing == 1
    assert [(one.span.name, one.depth) for one in trace.spans] == [("POST /api/v1/orders", 0), ("SELECT orders", 1)]


def test_without_any_root_the_earliest_span_leads() -> None:
    spans = [request(trace=TRACE, parent="lost", at=0.5), call(trace=TRACE, parent="lost", at=0.2)]
    trace = assemble(TRACE, spans)
    assert trace.root.kind == "client"
    assert summarise(TRACE, spans).root == "POST /orders"


def test_a_span_sent_twice_is_one_span_and_a_circle_is_cut() -> None:
    twice = node("root", None, 0, 10)
    trace = assemble(TRACE, [twice, twice, node("a", "b", 1, 5), node("b", "a", 2, 4)])
    assert sorted(one.span.span_id for one in trace.spans) == ["a", "b", "root"]
    alone = assemble(TRACE, [node("a", "b", 1, 5), node("b", "a", 2, 4)])
    assert len(alone.spans) == 2
    own_parent = assemble(TRACE, [node("a", "a", 1, 5)])
    assert len(own_parent.spans) == 1


@pytest.mark.parametrize("skew_ms", [-500, -11, 12, 2000])
def test_a_callee_s_wrong_clock_is_corrected_with_everything_below(skew_ms: float) -> None:
    spans = [
        node("call", None, 0, 100, service="gateway", kind="client"),
        node("served", "call", 10 + skew_ms, 90 + skew_ms, service="orders", kind="server"),
        node("query", "served", 20 + skew_ms, 30 + skew_ms, service="orders", kind="client"),
    ]
    offsets = {one.span.span_id: one.offset_ms for one in assemble(TRACE, spans).spans}
    assert offsets == pytest.approx({"call": 0, "served": 10, "query": 20})


def test_a_callee_that_outlasts_a_failed_call_is_no_wrong_clock() -> None:
    spans = [
        node("call", None, 0, 100, service="gateway", kind="client", status="error"),
        node("served", "call", 5, 900, service="orders", kind="server"),
    ]
    assert assemble(TRACE, spans).spans[1].offset_ms == pytest.approx(5)
    early = [spans[0], node("served", "call", -5, 900, service="orders", kind="server")]
    assert assemble(TRACE, early).spans[1].offset_ms == 0


def test_work_that_begins_after_its_parent_stays_where_it_is() -> None:
    spans = [node("root", None, 0, 10, kind="server"), node("worker", "root", 500, 700, kind="consumer")]
    trace = assemble(TRACE, spans)
    assert trace.spans[1].offset_ms == 500
    assert trace.critical_path == ("root",)


def test_a_summary_counts_errors_and_shows_the_root_s_status() -> None:
    spans = [checkout(503, trace=TRACE, ms=80), call(429, trace=TRACE, parent="x"), statement("SELECT 1", trace=TRACE)]
    line = summarise(TRACE, spans)
    assert (line.root, line.service, line.spans, line.errors, line.status) == (
        "POST /api/v1/orders",
        "gateway",
        3,
        2,
        "503",
    )
    assert line.start_s == T0


@settings(max_examples=200)
@given(st.integers(0, 10**6), st.integers(1, 25))
def test_the_critical_path_adds_up_to_the_root_s_duration(seed: int, count: int) -> None:
    rng = random.Random(seed)
    spans = [node("0", None, 0, 1000)]
    for number in range(1, count):
        parent = rng.choice(["missing", *(one.span_id for one in spans)])
        start = rng.uniform(-200, 1100)
        kind, service = rng.choice(["internal", "client", "server"]), rng.choice(["a", "b"])
        spans.append(node(str(number), parent, start, start + rng.uniform(0, 900), kind=kind, service=service))
    trace = assemble(TRACE, spans)
    assert len(trace.spans) == count
    assert sum(one.critical_ms for one in trace.spans) == pytest.approx(1000, abs=0.1)
    assert set(trace.critical_path) == {one.span.span_id for one in trace.spans if one.critical}
    assert min(one.offset_ms for one in trace.spans) == 0
    assert all(0 <= one.self_ms <= one.span.duration_ms + 0.01 for one in trace.spans)
