"""A lab that is left running: what is kept longer than records is bounded too, the pinned windows excepted."""

import os
from pathlib import Path

import pytest
from fakes_telemetry import T0, checkout, log, order_event
from hypothesis import given
from hypothesis import strategies as st

from lab.core.clock import ManualClock
from lab.core.window import Window
from lab.telemetry import Limits, Scope, Store, Telemetry
from lab.telemetry.aging import gaps

ALL = Window(T0 - 1e6, T0 + 1e7)
GATEWAY = Scope(service="gateway")
HOUR_S = 3600


def settled(store: Store, clock: ManualClock) -> None:
    """Until the writer has looked at ages once more."""
    for _ in range(2):
        clock.advance(61)
        store.add_gauges("nobody", clock.now(), {"tick": 1})
        assert store.flush()
    store.add_gauges("nobody", clock.now(), {"tick": 1})
    assert store.flush()


def count(store: Store, table: str) -> int:
    with store.readers.borrow() as db:
        return int(db.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def test_measured_values_beyond_their_number_go_oldest_first_and_records_stay(
    tmp_path: Path, clock: ManualClock
) -> None:
    store = Store(tmp_path / "t.db", clock=clock, limits=Limits(gauges=2000, disk_bytes=4_000_000))
    telemetry = Telemetry(store)
    baseline = Window(T0 + 20, T0 + 40)
    store.pin(baseline)
    store.add_logs([log(f"number {number}") for number in range(500)])
    for second in range(1000):
        store.add_gauges("orders", T0 + second, {f"gauge_{name}": second for name in range(10)})
    clock.advance(1000)
    settled(store, clock)
    assert 1500 < count(store, "gauges") <= 2300
    assert telemetry.log_count("number", ALL) == 500
    assert store.stats().evicted == 0
    assert [point.value for point in telemetry.gauge_series("orders", "gauge_3", baseline)] == list(range(20, 40))
    assert telemetry.gauge_last("orders", "gauge_3") == 999
    assert telemetry.gauge_series("orders", "gauge_3", Window(T0, T0 + 20)) == []
    store.close()


def test_orders_beyond_their_number_go_oldest_first(tmp_path: Path, clock: ManualClock) -> None:
    store = Store(tmp_path / "t.db", clock=clock, limits=Limits(orders=300))
    telemetry = Telemetry(store)
    baseline = Window(T0 + 10, T0 + 20)
    store.pin(baseline)
    for second in range(600):
        store.add_spans([checkout(201, at=second, ms=1), checkout(503, at=second + 0.5, ms=1)])
        store.add_logs([order_event("placed", f"o-{second}", at=second), order_event("paid", f"o-{second}", at=second)])
    before = telemetry.business(baseline)
    clock.advance(600)
    settled(store, clock)
    assert (before.attempts, before.lost, before.paid) == (20, 10, 10)
    assert telemetry.business(baseline) == before
    assert count(store, "checkouts") < 400
    assert count(store, "order_events") < 400
    late = telemetry.business(Window(T0 + 590, T0 + 600))
    assert (late.attempts, late.paid) == (20, 10)
    store.close()


def test_counted_requests_beyond_their_number_go_oldest_first(tmp_path: Path, clock: ManualClock) -> None:
    store = Store(tmp_path / "t.db", clock=clock, limits=Limits(points=2000, points_in_memory=500))
    telemetry = Telemetry(store)
    baseline = Window(T0 + 130, T0 + 190)
    store.pin(baseline)
    for minute in range(100):
        store.add_spans([checkout(201, at=60 * minute + second, ms=1) for second in range(60)])
    before = telemetry.red(GATEWAY, baseline)
    clock.advance(6000)
    settled(store, clock)
    for _ in range(3):  # blocks are saved first, then counted
        settled(store, clock)
    assert telemetry.red(GATEWAY, baseline) == before
    assert before.requests == 60
    kept = telemetry.red(GATEWAY, ALL).requests
    assert 1500 < kept < 2600
    assert telemetry.red(GATEWAY, Window(T0 + 5900, T0 + 6000)).requests == 100
    store.close()
    again = Store(tmp_path / "t.db", clock=clock, limits=Limits(points=2000))
    assert Telemetry(again).red(GATEWAY, ALL).requests == kept
    again.close()


def test_a_lab_left_running_for_days_keeps_its_pinned_baseline_and_its_size(tmp_path: Path, clock: ManualClock) -> None:
    limits = Limits(logs=1000, spans=1000, gauges=2000, orders=2000, points=20_000, points_in_memory=2000)
    store = Store(tmp_path / "t.db", clock=clock, limits=limits)
    telemetry = Telemetry(store)
    baseline = Window(T0, T0 + 600)
    store.pin(baseline)
    before, sizes = None, []
    for step in range(2 * 60):  # half an hour each
        at = step * 1800
        clock.at = T0 + at + 1800
        store.add_spans([checkout(201, at=at + 5 * number, ms=1) for number in range(100)])
        store.add_logs([order_event("placed", f"o-{step}-{number}", at=at + 5 * number) for number in range(50)])
        for number in range(20):
            store.add_gauges("orders", T0 + at + number, {"a": 1, "b": 2, "c": 3})
        assert store.flush()
        before = before or telemetry.business(baseline)
        if step % 24 == 23:
            sizes.append(sum(os.path.getsize(tmp_path / name) for name in os.listdir(tmp_path)))
    assert telemetry.business(baseline) == before
    assert telemetry.red(GATEWAY, baseline).requests == 100
    assert telemetry.red(GATEWAY, Window(T0 + 700, T0 + 24 * HOUR_S)).requests == 0
    assert telemetry.red(GATEWAY, Window(T0 + 59 * HOUR_S, T0 + 60 * HOUR_S)).requests == 200
    assert sizes[-1] < sizes[2] * 1.2
    store.close()


moments = st.integers(0, 30)


@given(moments, st.lists(st.tuples(moments, moments).map(lambda pair: (min(pair), max(pair))), max_size=5))
def test_gaps_are_all_of_the_time_that_no_window_covers(before: int, pinned: list[tuple[int, int]]) -> None:
    inside = {at for low, high in gaps(before, pinned) for at in range(low, high)}
    assert inside == {at for at in range(before) if not any(low <= at < high for low, high in pinned)}


@pytest.mark.parametrize("table", ["gauges", "checkouts", "order_events", "blocks"])
def test_an_empty_table_has_nothing_to_lose(store: Store, clock: ManualClock, table: str) -> None:
    clock.advance(48 * HOUR_S)
    store.add_logs([log()])
    assert store.flush()
    assert count(store, table) == 0
    assert store.stats().error is None
