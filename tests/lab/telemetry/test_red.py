"""Rate, errors and durations are exact: compared with a count by hand over the same records."""

import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from fakes_telemetry import T0, call, request, span, statement
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.core.clock import ManualClock
from lab.core.errors import UsageError
from lab.core.percentile import nearest_rank
from lab.core.window import Window
from lab.telemetry import Limits, Scope, Span, Store, Telemetry
from lab.telemetry.blocks import BLOCK_MS, Block, percentile_us
from lab.telemetry.times import milliseconds_of

_sorted_lists = st.lists(st.integers(0, 2**32 - 1), max_size=60).map(sorted)


@given(st.lists(_sorted_lists, max_size=6), st.floats(0.001, 100))
def test_a_percentile_of_several_sequences_is_the_nearest_rank_of_all_values(
    parts: list[list[int]], percentile: float
) -> None:
    expected = nearest_rank(sorted(value for part in parts for value in part), percentile)
    for at_once in (0, 10_000):
        found = _percentile(parts, percentile, at_once)
        assert found == expected or (math.isnan(found) and math.isnan(expected))


def _percentile(parts: Sequence[Sequence[int]], percentile: float, at_once: int) -> float:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("lab.telemetry.blocks._SORT_AT_ONCE", at_once)
        return percentile_us(list(parts), percentile)


@given(
    st.lists(st.tuples(st.integers(0, BLOCK_MS - 1), st.integers(0, 2**32 - 1), st.integers(0, 3)), max_size=50),
    st.integers(-10, BLOCK_MS),
    st.integers(0, BLOCK_MS + 10),
)
def test_a_block_keeps_late_records_where_they_belong(
    records: list[tuple[int, int, int]], start: int, length: int
) -> None:
    block = Block()
    for at, us, code in records:
        block.add(at, us, code)
    inside = [(us, code) for at, us, code in records if start <= at < start + length]
    for one in (block, Block.unpack(*block.pack())):
        part = one.part(start, start + length)
        assert list(part.ordered) == sorted(us for us, _ in inside)
        assert Counter(part.codes) == Counter(code for _, code in inside)


_spans = st.lists(
    st.builds(
        lambda status, at, ms, route: request(status, route=route, at=at, ms=ms),
        st.sampled_from([200, 201, 404, 429, 500, 503]),
        st.integers(-200_000, 200_000).map(lambda ms: ms / 1000),
        st.integers(0, 90_000_000).map(lambda us: us / 1000),
        st.sampled_from(["/orders", "/products"]),
    ),
    max_size=40,
)


@settings(max_examples=60, deadline=None)
@given(
    spans=_spans,
    start_ms=st.integers(-150_000, 150_000),
    seconds=st.sampled_from([0.001, 1.0, 64.0, 300.0]),
    spilled=st.booleans(),
    reopened=st.booleans(),
)
def test_a_window_holds_exactly_the_requests_that_ended_in_it(
    tmp_path_factory: pytest.TempPathFactory,
    spans: list[Span],
    start_ms: int,
    seconds: float,
    spilled: bool,
    reopened: bool,
) -> None:
    window = Window(T0 + start_ms / 1000, T0 + start_ms / 1000 + seconds)
    clock = ManualClock(T0 + 1000)
    path = tmp_path_factory.mktemp("red") / "t.db"
    store = Store(path, clock=clock, limits=Limits(points_in_memory=0 if spilled else 1000))
    half = len(spans) // 2
    store.add_spans(spans[:half])
    store.flush()
    if reopened:
        store.close()
        store = Store(path, clock=clock)
    store.add_spans(spans[half:])
    store.flush()
    scope = Scope(service="orders", route="POST /orders")
    red = Telemetry(store).red(scope, window)
    store.close()

    ends = [round(one.start_s * 1e6) + round(one.duration_ms * 1000) for one in spans]
    low, high = milliseconds_of(window)
    mine = [
        one
        for one, end_us in zip(spans, ends, strict=True)
        if low <= end_us // 1000 < high and one.attributes["http.route"] == "/orders"
    ]
    statuses = Counter(str(one.attributes["http.response.status_code"]) for one in mine)
    durations = sorted(one.duration_ms for one in mine)
    assert red.requests == len(mine)
    assert red.statuses == dict(statuses)
    assert red.errors == statuses["500"] + statuses["503"]
    assert red.rate_rps == pytest.approx(len(mine) / ((high - low) / 1000))
    if mine:
        assert red.p50_ms == pytest.approx(nearest_rank(durations, 50), abs=1e-6)
        assert red.p95_ms == pytest.approx(nearest_rank(durations, 95), abs=1e-6)
        assert red.p99_ms == pytest.approx(nearest_rank(durations, 99), abs=1e-6)
        assert red.mean_ms == pytest.approx(sum(durations) / len(durations))
    else:
        assert math.isnan(red.error_share)
        assert math.isnan(red.p95_ms)


def test_an_error_is_a_failure_or_a_status_from_500(store: Store, telemetry: Telemetry, minute: Window) -> None:
    store.add_spans([request(status) for status in (200, 302, 404, 429, 500, 503)])
    store.add_spans([request(None, error="RuntimeError"), request(None), span("tick", kind="internal", status="error")])
    red = telemetry.red(Scope(service="orders"), minute)
    assert (red.requests, red.errors) == (8, 3)
    assert red.statuses == {"200": 1, "302": 1, "404": 1, "429": 1, "500": 1, "503": 1, "RuntimeError": 1, "ok": 1}


def test_on_an_edge_a_refusal_is_an_error_too(store: Store, telemetry: Telemetry, minute: Window) -> None:
    store.add_spans(
        [call(status) for status in (200, 404, 429, 503)] + [call(None, error="timeout"), call(error="404")]
    )
    red = telemetry.red(Scope(edge="gateway->orders"), minute)
    assert (red.requests, red.errors) == (6, 3)
    assert red.statuses["timeout"] == 1


def test_a_scope_is_a_service_an_edge_a_route_or_everything(store: Store, telemetry: Telemetry, minute: Window) -> None:
    store.add_spans([request(service="gateway", route="/api/v1/orders"), request(), request(method="GET")])
    store.add_spans([call(), call(template="/orders/{order_id}", method="GET"), statement("SELECT 1")])
    assert telemetry.services() == ["gateway", "orders"]
    assert telemetry.edges() == ["gateway->orders", "orders->database"]
    assert telemetry.routes(Scope(edge="gateway->orders")) == ["GET /orders/{order_id}", "POST /orders"]
    counted = {
        str(scope): telemetry.red(scope, minute).requests
        for scope in (
            Scope(),
            Scope(service="orders"),
            Scope(service="orders", route="GET /orders"),
            Scope(edge="gateway->orders"),
            Scope(edge="gateway->orders", route="/orders/{order_id}"),
            Scope(edge="orders->database", route="SELECT orders"),
            Scope(service="nobody"),
        )
    }
    assert counted == {
        "all services": 3,
        "orders": 2,
        "orders GET /orders": 1,
        "gateway->orders": 2,
        "gateway->orders /orders/{order_id}": 1,
        "orders->database SELECT orders": 1,
        "nobody": 0,
    }


@pytest.mark.parametrize("edge", ["gateway", "->orders", "gateway->"])
def test_what_is_no_edge_is_refused(edge: str) -> None:
    with pytest.raises(UsageError, match="not an edge"):
        Scope(edge=edge)
    with pytest.raises(UsageError, match="not both"):
        Scope(service="orders", edge="a->b")


def test_calls_that_were_sent_again_are_counted(store: Store, telemetry: Telemetry, minute: Window) -> None:
    store.add_spans([call(), call(503), call(503, resend=1), call(resend=2)])
    assert telemetry.retries(Scope(edge="gateway->orders"), minute) == 2


def test_a_series_has_a_point_each_step_and_none_where_nothing_was(
    store: Store, telemetry: Telemetry, minute: Window
) -> None:
    store.add_spans([request(at=1, ms=10), request(503, at=2, ms=30), request(429, at=21, ms=50)])
    scope = Scope(service="orders")
    assert [point.value for point in telemetry.series(scope, "p95", minute, 20)] == [30.0, 50.0, None]
    assert [point.value for point in telemetry.series(scope, "errors", minute, 20)] == [1.0, 0.0, 0.0]
    assert [point.value for point in telemetry.series(scope, "error_share", minute, 20)] == [0.5, 0.0, None]
    assert [point.value for point in telemetry.series(scope, "status:429", minute, 20)] == [0.0, 1.0, 0.0]
    assert [point.value for point in telemetry.series(scope, "rate", minute, 30)] == [0.1, 0.0]
    assert [point.value for point in telemetry.series(scope, "mean", minute, 30)] == [30.0, None]
    assert [point.time_s for point in telemetry.series(scope, "retries", minute, 30)] == [T0, T0 + 30]


@pytest.mark.parametrize("measure", ["p0", "p101", "speed", "status:", "p"])
def test_an_unknown_measure_is_refused_with_the_known_ones(telemetry: Telemetry, minute: Window, measure: str) -> None:
    with pytest.raises(UsageError, match="no measure") as refused:
        telemetry.series(Scope(), measure, minute, 10)
    assert "error_share" in refused.value.hint


def test_numbers_are_there_the_moment_a_span_arrives(store: Store, telemetry: Telemetry, minute: Window) -> None:
    for number in range(1, 5):
        store.add_spans([request()])
        assert telemetry.red(Scope(service="orders"), minute).requests == number


def test_a_flood_of_different_routes_does_not_make_endless_series(
    tmp_path: Path, clock: ManualClock, minute: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lab.telemetry.series.MOST_SERIES", 20)
    store = Store(tmp_path / "t.db", clock=clock)
    store.add_spans([request(route=f"/orders/{number}") for number in range(500)])
    telemetry = Telemetry(store)
    assert telemetry.red(Scope(service="orders"), minute).requests == 500
    assert len(telemetry.routes(Scope(service="orders"))) == 21
    store.close()
    again = Store(tmp_path / "t.db", clock=clock)
    assert Telemetry(again).red(Scope(service="orders"), minute).requests == 500
    again.close()


def test_a_flood_of_different_outcomes_ends_in_one(store: Store, telemetry: Telemetry, minute: Window) -> None:
    store.add_spans([request(None, error=f"failure-{number}") for number in range(400)])
    red = telemetry.red(Scope(service="orders"), minute)
    assert (red.requests, red.errors) == (400, 400)
    assert red.statuses["(other)"] == 200
