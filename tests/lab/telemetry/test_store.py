"""The store under load: bounded, never blocking, surviving."""

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from fakes_telemetry import T0, call, checkout, log, order_event, request, trace_id

from lab.core.clock import ManualClock, SystemClock
from lab.core.errors import EnvironmentLacks
from lab.core.window import Window
from lab.telemetry import Limits, Scope, Store, Telemetry
from lab.telemetry.language import parse
from lab.telemetry.matching import log_fits

ALL = Window(T0 - 1e6, T0 + 1e6)
ORDERS = Scope(service="orders")


def evicted(store: Store, limit: int) -> None:
    """Wait until the store is inside its limit: it evicts after it has written."""
    deadline_s = time.monotonic() + 10
    while max(store.stats().logs, store.stats().spans) > limit:
        assert time.monotonic() < deadline_s, store.stats()
        store.add_gauges("nobody", T0, {"tick": 1})
        store.flush()


def test_a_flood_is_shed_and_counted_and_still_measured(tmp_path: Path, clock: ManualClock) -> None:
    store = Store(tmp_path / "t.db", clock=clock, limits=Limits(queue=100))
    telemetry = Telemetry(store)
    store.add_spans([request(at=number / 100) for number in range(1000)])
    store.add_logs([log(at=number / 100) for number in range(1000)])
    store.flush()
    stats = store.stats()
    assert telemetry.red(ORDERS, ALL).requests == 1000
    assert stats.spans + stats.spans_shed == 1000
    assert stats.logs + stats.logs_shed == 1000
    assert stats.spans_shed >= 900
    assert telemetry.log_count("", ALL) == stats.logs == len(telemetry.logs("", ALL, limit=5000))
    store.close()


def test_business_numbers_survive_a_flood(tmp_path: Path, clock: ManualClock) -> None:
    store = Store(tmp_path / "t.db", clock=clock, limits=Limits(queue=5))
    store.add_spans([checkout(503, at=number / 100) for number in range(300)])
    store.add_logs([order_event("paid", f"o-{number}", at=1, placed=0.5) for number in range(300)])
    business = Telemetry(store).business(ALL)
    assert (business.attempts, business.lost, business.paid) == (300, 300, 300)
    store.close()


def test_adding_does_not_wait_for_the_disk(tmp_path: Path, clock: ManualClock) -> None:
    store = Store(tmp_path / "t.db", clock=clock, limits=Limits(queue=500))
    store.add_logs([log()])
    store.flush()
    other = sqlite3.connect(tmp_path / "t.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")  # nobody else can write now
    added = threading.Event()

    def flood() -> None:
        for _ in range(50):
            store.add_logs([log() for _ in range(100)])
            store.add_spans([request() for _ in range(100)])
        added.set()

    thread = threading.Thread(target=flood)
    thread.start()
    assert added.wait(60)  # a hundred times the writer's five seconds, were each to wait for its turn
    assert store.flush(0.01) is False
    other.execute("ROLLBACK")
    other.close()
    thread.join()
    assert store.flush(10)
    stats = store.stats()
    assert stats.logs + stats.logs_shed == 5001
    assert stats.spans + stats.spans_shed == 5000
    store.close()


def test_the_oldest_go_first_and_pinned_ones_last(tmp_path: Path, clock: ManualClock) -> None:
    store = Store(tmp_path / "t.db", clock=clock, limits=Limits(logs=200, spans=200))
    telemetry = Telemetry(store)
    baseline = Window(T0 + 1, T0 + 2)
    store.pin(baseline)
    store.pin_trace(trace_id(77))
    for start in range(0, 1000, 50):
        numbers = range(start, start + 50)
        store.add_logs([log(f"number {number}", at=number / 100, trace=trace_id(number)) for number in numbers])
        store.add_spans([request(at=number / 100, ms=1, trace=trace_id(number)) for number in numbers])
        store.flush()
        if start == 450:
            store.pin_log(451)
    evicted(store, 200)
    stats = store.stats()
    assert stats.evicted == 1600
    kept = {one.message for one in telemetry.logs("", limit=1000)}
    assert {f"number {number}" for number in range(100, 200)} <= kept
    assert {"number 77", "number 450", "number 999", "number 950"} <= kept
    assert "number 50" not in kept
    assert telemetry.trace(trace_id(77)).root.service == "orders"
    assert telemetry.red(ORDERS, ALL).requests == 1000
    for query in ["number", "message:number -450", "trace:" + trace_id(999), "15*", "service:orders"]:
        fits = [one for one in telemetry.logs("", limit=1000) if log_fits(one, parse(query))]
        assert telemetry.log_count(query, ALL) == len(fits)
        assert telemetry.logs(query, limit=1000) == fits
    records = [one for one in telemetry.export_records(ALL) if one["record"] != "gauge"]
    assert len(records) == stats.logs + stats.spans
    store.close()
    again = Store(tmp_path / "t.db", clock=clock, limits=Limits(logs=150, spans=150))
    again.add_logs([log("one more")])
    evicted(again, 150)
    kept = {one.message for one in Telemetry(again).logs("", limit=1000)}
    assert {f"number {number}" for number in range(100, 200)} | {"number 77", "number 450", "one more"} <= kept
    assert len(kept) <= 150
    again.close()


def test_when_everything_is_pinned_the_limit_still_holds(tmp_path: Path, clock: ManualClock) -> None:
    store = Store(tmp_path / "t.db", clock=clock, limits=Limits(logs=100))
    store.pin(ALL)
    for start in range(0, 600, 60):
        store.add_logs([log(f"number {start + more}", at=start) for more in range(60)])
        store.flush()
    evicted(store, 100)
    kept = [one.message for one in Telemetry(store).logs("", limit=1000)]
    assert kept[0] == "number 599"
    store.close()


def test_the_file_stays_near_its_limit(tmp_path: Path, clock: ManualClock) -> None:
    limit = 2_000_000
    store = Store(tmp_path / "t.db", clock=clock, limits=Limits(disk_bytes=limit))
    for number in range(60):
        store.add_logs([log(f"number {number * 100 + more} " + "x" * 400) for more in range(100)])
        store.flush()
    stats = store.stats()
    assert stats.evicted > 0
    assert stats.disk_bytes < limit * 1.3
    size = sum(os.path.getsize(tmp_path / name) for name in os.listdir(tmp_path))
    assert size < limit * 1.5 + 9_000_000  # and the write-ahead log
    assert Telemetry(store).logs("message:5999")[0].message.startswith("number 5999")
    store.close()


def test_what_is_a_day_old_goes_unless_pinned(tmp_path: Path, clock: ManualClock) -> None:
    store = Store(tmp_path / "t.db", clock=clock)
    telemetry = Telemetry(store)
    store.add_spans([checkout(201, at=-2 * 3600, ms=1), checkout(201, at=0, ms=1)])
    store.add_gauges("orders", T0, {"db_pool_in_use": 3})
    store.pin(Window(T0 - 1, T0 + 1))
    store.flush()
    clock.advance(25 * 3600)
    store.add_spans([checkout(201, at=25 * 3600, ms=1)])
    store.flush()
    store.add_logs([log()])
    store.flush()
    whole = Window(T0 - 1e5, T0 + 1e6)
    assert telemetry.red(Scope(service="gateway"), whole).requests == 2
    assert telemetry.business(whole).attempts == 2
    assert telemetry.gauge_last("orders", "db_pool_in_use", T0 + 1) == 3
    store.close()


def test_everything_is_there_again_after_a_restart(tmp_path: Path, clock: ManualClock) -> None:
    def answers(telemetry: Telemetry) -> list[object]:
        return [
            telemetry.services(),
            telemetry.edges(),
            telemetry.red(ORDERS, ALL),
            telemetry.series(Scope(edge="gateway->orders"), "p95", Window(T0, T0 + 100), 10),
            telemetry.logs("paid"),
            telemetry.traces("status:201"),
            telemetry.business(ALL),
            telemetry.gauges("orders"),
            telemetry.gauge_last("orders", "orders_outbox_pending"),
            telemetry.gauge_series("orders", "orders_outbox_pending", ALL),
            telemetry.log_histogram("", Window(T0, T0 + 60), 10),
        ]

    store = Store(tmp_path / "t.db", clock=clock)
    trace = trace_id(1)
    store.add_spans(
        [checkout(201, trace=trace), call(201, trace=trace), request(201, trace=trace), request(503, at=70)]
    )
    store.add_logs([order_event("placed", "o-1"), order_event("paid", "o-1", at=1)])
    store.add_gauges("orders", T0 + 1, {"orders_outbox_pending": 4})
    before = answers(Telemetry(store))
    store.close()
    for _ in range(2):
        store = Store(tmp_path / "t.db", clock=clock)
        assert answers(Telemetry(store)) == before
        store.close()
    store.add_logs([log()])  # closed: taken as lost, not as an error


def test_no_record_is_counted_twice_or_lost_over_many_restarts(tmp_path: Path, clock: ManualClock) -> None:
    for number in range(8):
        store = Store(tmp_path / "t.db", clock=clock)
        store.add_spans([request(at=number * 30 + more) for more in (0, -100, 5)])
        store.add_logs([log(at=number)])
        if number % 2:
            store.flush()
        store.close()
        clock.advance(30)
    store = Store(tmp_path / "t.db", clock=clock)
    assert Telemetry(store).red(ORDERS, ALL).requests == 24
    assert [one.id for one in Telemetry(store).logs()] == list(range(8, 0, -1))
    store.close()


_WRITING = """
    import sys, time
    from pathlib import Path
    from lab.core.clock import SystemClock
    from lab.telemetry import Log, Span, Store

    store = Store(Path(sys.argv[1]), clock=SystemClock())
    number = 0
    while True:
        number += 1
        now = time.time()
        store.add_logs([Log(0, now, "orders", "1", "INFO", "request", f"number {number}", None, None, {"n": number})])
        store.add_spans([Span(f"{number:032x}", f"{number:016x}", None, "orders", "1", "GET /", "server", now, 1.0,
                              "ok", {"http.request.method": "GET", "http.route": "/"})])
        time.sleep(0.002)
"""


def on_disk(path: Path) -> int:
    """How many logs and spans a store that is in use has written."""
    try:
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as looking:
            counts = "SELECT min((SELECT count(*) FROM logs), (SELECT count(*) FROM spans))"
            return int(looking.execute(counts).fetchone()[0])
    except sqlite3.OperationalError:  # it is just being made
        return 0


def test_records_are_on_disk_soon_and_a_kill_loses_none_that_are(tmp_path: Path) -> None:
    path = tmp_path / "t.db"
    writing = subprocess.Popen([sys.executable, "-c", textwrap.dedent(_WRITING), str(path)])
    surely, deadline_s = 0, time.monotonic() + 30
    for _ in range(3):  # again and again, though nobody asks for it
        before = surely
        while (surely := on_disk(path)) <= before:
            assert time.monotonic() < deadline_s, "nothing more is written"
            time.sleep(0.01)
    writing.send_signal(signal.SIGKILL)
    writing.wait()
    killed_s = time.time()

    store = Store(path, clock=SystemClock())
    telemetry = Telemetry(store)
    numbers = [one.attributes["n"] for one in telemetry.logs("", limit=10_000)]
    assert numbers == list(range(numbers[0], 0, -1))
    assert numbers[0] >= surely
    whole = Window(killed_s - 1000, killed_s + 10)
    assert telemetry.red(ORDERS, whole).requests >= surely
    assert telemetry.red(ORDERS, whole).requests == store.stats().spans
    assert telemetry.log_count("number", whole) == len(numbers)
    store.add_logs([log("alive")])
    assert telemetry.logs("alive")[0].id == numbers[0] + 1
    store.close()


_FULL = """
    import resource, sys, json, time
    from pathlib import Path
    from lab.core.clock import SystemClock
    from lab.core.window import Window
    from lab.telemetry import Scope, Store, Telemetry, Log, Span

    resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
    store, now = Store(Path(sys.argv[1]), clock=SystemClock()), time.time()
    for number in range(20):
        store.add_logs([Log(0, now, "orders", "1", "INFO", None, "x" * 500, None, None, {}) for _ in range(200)])
        store.add_spans([Span("a", "b", None, "orders", "1", "GET /", "server", now, 1.0, "ok", {})])
        store.flush()
    stats = store.stats()
    red = Telemetry(store).red(Scope(service="orders"), Window(now - 10, now + 10))
    print(json.dumps([stats.logs, stats.logs_shed, stats.error, red.requests]))
    store.close()
"""


def test_a_full_disk_costs_records_and_says_so(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(_FULL), str(tmp_path / "t.db")],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stderr == ""
    logs, shed, error, requests = json.loads(done.stdout)
    assert logs + shed == 4000
    assert shed > 0
    assert "disk" in error or "full" in error
    assert requests == 20


def test_writers_and_readers_work_at_the_same_time(tmp_path: Path, clock: ManualClock) -> None:
    store = Store(tmp_path / "t.db", clock=clock, limits=Limits(queue=100_000, points_in_memory=500))
    telemetry, failures, stop = Telemetry(store), [], threading.Event()

    def write(who: int) -> None:
        for number in range(60):
            at = number * 3 + who
            trace = trace_id(who * 1000 + number)
            store.add_spans([request(at=at, trace=trace), call(503, at=at, trace=trace), checkout(429, at=at)])
            store.add_logs(
                [log(f"writer {who}", at=at, trace=trace), order_event("placed", f"o-{who}-{number}", at=at)]
            )
            store.add_gauges("orders", T0 + at, {f"g{who}": number})
            time.sleep(0.001)

    def read() -> None:
        try:
            while not stop.is_set():
                seen = telemetry.log_count("writer", ALL)
                assert len(telemetry.logs("writer", ALL, limit=1000)) >= seen
                telemetry.traces("status:503", ALL, limit=5)
                telemetry.red(Scope(), ALL)
                telemetry.series(Scope(edge="gateway->orders"), "p99", Window(T0, T0 + 200), 5)
                telemetry.business(ALL)
        except Exception as error:
            failures.append(error)

    readers = [threading.Thread(target=read) for _ in range(4)]
    writers = [threading.Thread(target=write, args=(who,)) for who in range(3)]
    for thread in readers + writers:
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    for thread in readers:
        thread.join()
    assert failures == []
    assert telemetry.log_count("writer", ALL) == 180
    assert telemetry.red(Scope(edge="gateway->orders"), ALL).errors == 180
    assert telemetry.business(ALL).attempts == 180
    store.close()


def test_records_that_no_database_would_take_are_made_fit(store: Store, telemetry: Telemetry) -> None:
    odd = log("half a \ud800 pair")
    odd.attributes.update(
        {"big": 2**70, "text": "\udfff", "set": {1}, "nan": float("nan"), "deep": {"a": [1, {"b": 2}]}}
    )
    store.add_logs([odd, log("after")])
    first = telemetry.logs("after")[0]
    assert first.message == "after"
    found = telemetry.logs("half")[0]
    assert found.attributes["big"] == str(2**70)
    assert found.attributes["deep"] == {"a": [1, {"b": 2}]}
    assert found.attributes["nan"] is None
    assert store.stats().error is None


def test_a_batch_that_cannot_be_written_is_counted_and_the_next_one_is(store: Store, telemetry: Telemetry) -> None:
    store.add_logs([log("beyond all time", at=1e30)])
    assert store.flush()
    assert store.stats().logs_shed == 1
    assert store.stats().error
    store.add_logs([log("after")])
    assert telemetry.logs()[0].message == "after"
    assert store.stats().error is None


def nested(levels: int) -> dict[str, Any]:
    deep: dict[str, Any] = {}
    for _ in range(levels):
        deep = {"a": deep}
    return deep


def test_a_record_that_is_none_takes_no_other_with_it(store: Store, telemetry: Telemetry) -> None:
    store.add_spans([request() for _ in range(5)])
    store.add_spans([request(odd=nested(300)), request(**{"": "x"})])
    store.add_logs([log("before"), log("deep", odd=nested(300)), log("beyond all time", at=1e30)])
    store.add_logs([order_event("paid", "o-1", cents=10**30), order_event("paid", "o-2")])
    assert store.flush()
    stats = store.stats()
    assert (stats.spans, stats.spans_shed) == (5, 2)
    assert (stats.logs, stats.logs_shed) == (3, 2)
    assert stats.error
    store.add_logs([log("after")])
    assert telemetry.logs()[0].message == "after"
    assert store.stats().error is None


def test_names_and_pins_of_a_batch_that_cannot_be_written_are_in_the_next_one(
    tmp_path: Path, clock: ManualClock
) -> None:
    store = Store(tmp_path / "t.db", clock=clock, limits=Limits(logs=40))
    store.add_gauges("orders", T0, {"first": 1})
    store.flush()
    store.pin(Window(T0, T0 + 1))
    store.add_gauges("orders", T0 + 1, {"second": 2})
    store.add_logs([log("beyond all time", at=1e30)])
    store.flush()
    assert store.stats().error
    store.add_logs([log("pinned")])
    store.add_gauges("orders", T0 + 2, {"second": 3, "third": 4})
    store.close()
    again = Store(tmp_path / "t.db", clock=clock, limits=Limits(logs=40))
    again.add_gauges("orders", T0 + 3, {"fourth": 5})
    again.add_logs([log(at=2 + number) for number in range(80)])
    again.flush()
    evicted(again, 40)
    telemetry = Telemetry(again)
    values = {name: telemetry.gauge_last("orders", name) for name in telemetry.gauges("orders")}
    assert values == {"first": 1, "second": 3, "third": 4, "fourth": 5}
    assert telemetry.log_count("pinned", ALL) == 1
    again.close()


def test_a_gauge_with_labels_adds_up_under_its_name(store: Store, telemetry: Telemetry, minute: Window) -> None:
    store.add_gauges("orders", T0 + 1, {'pool{peer="a"}': 1, 'pool{peer="b"}': 2, "pool_size": 9})
    store.add_gauges("orders", T0 + 2, {'pool{peer="a"}': 3, "bad": float("nan")})
    assert telemetry.gauges("orders") == ["pool_size", 'pool{peer="a"}', 'pool{peer="b"}']
    assert [(point.time_s - T0, point.value) for point in telemetry.gauge_series("orders", "pool", minute)] == [
        (1.0, 3.0),
        (2.0, 3.0),
    ]
    assert telemetry.gauge_last("orders", "pool") == 5
    assert telemetry.gauge_last("orders", 'pool{peer="a"}', T0 + 1.5) == 1
    assert telemetry.gauge_last("orders", "nothing") is None
    assert telemetry.gauge_last("orders", "pool", T0) is None
    assert telemetry.gauge_series("gateway", "pool", minute) == []


@pytest.mark.parametrize("content", [b"no database at all, but long enough to be taken for one" * 50, None])
def test_a_file_that_cannot_be_used_is_named_with_a_remedy(
    tmp_path: Path, clock: ManualClock, content: bytes | None
) -> None:
    path = tmp_path / "t.db"
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    with pytest.raises(EnvironmentLacks, match=r"t\.db") as refused:
        Store(path, clock=clock)
    assert refused.value.hint.endswith(".")


def test_a_file_of_another_version_is_refused(tmp_path: Path, clock: ManualClock) -> None:
    Store(tmp_path / "t.db", clock=clock).close()
    with sqlite3.connect(tmp_path / "t.db") as db:
        db.execute("PRAGMA user_version=99")
    db.close()
    with pytest.raises(EnvironmentLacks, match="another version"):
        Store(tmp_path / "t.db", clock=clock)
