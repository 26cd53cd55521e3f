"""A shop in trouble, in a store: what every probe measures is known."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes_telemetry import T0, call, checkout, log, order_event, request, statement, trace_id

from lab.core.clock import ManualClock
from lab.core.window import Window
from lab.probes.rows import Rows
from lab.probes.writes_blocked import GAUGE
from lab.telemetry import Store, Telemetry


@pytest.fixture(scope="session")
def telemetry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Telemetry]:
    path: Path = tmp_path_factory.mktemp("probes")
    store = Store(path / "t.db", clock=ManualClock(T0 + 60))
    for number in range(100):
        trace, status = trace_id(number), 503 if number % 4 == 0 else 201
        refused = 429 if status == 503 else 201
        store.add_spans(
            [
                checkout(status, customer=f"c-{number % 8}", trace=trace, at=number / 10, ms=100 + number),
                call(status, trace=trace, at=number / 10, ms=90, resend=1 if number % 10 == 0 else 0),
                request(status, trace=trace, at=number / 10, ms=80),
                call(refused, service="orders", peer="partner", template="/v1/charges", at=number / 10, ms=40),
            ]
        )
        if status == 201:
            store.add_logs([order_event("placed", f"o-{number}", at=number / 10, cents=600)])
            store.add_logs([order_event("paid", f"o-{number}", at=number / 10 + 3, placed=number / 10, cents=600)])
        else:
            store.add_logs([log("Payment refused", at=number / 10, event="payment.refused", severity="WARN")])
    store.add_spans([statement("SELECT * FROM orders WHERE coupon_code = ?", at=3, ms=600)])
    slow = {"db__query__text": "SELECT * FROM orders WHERE coupon_code = ?", "rows_examined": 500_000}
    store.add_logs([log("SELECT orders took 600 ms", at=3, event="db.slow_query", severity="WARN", **slow)])
    for second, age in enumerate((2.0, 9.5, 4.0)):
        store.add_gauges("orders", T0 + second, {"orders_outbox_oldest_age_seconds": age, "db_pool_in_use": second})
    for second, count in enumerate((600_100, 600_270)):
        store.add_gauges("database", T0 + second, {Rows(table="orders").gauge: count})
    null_or_paid = Rows.model_validate({"table": "orders", "where": {"status": ["paid", None]}})
    store.add_gauges("database", T0 + 2, {null_or_paid.gauge: 1})
    store.add_gauges("database", T0 + 1, {GAUGE: 0.4})
    store.add_gauges("database", T0 + 2, {GAUGE: 1.6})
    store.flush()
    yield Telemetry(store)
    store.close()


@pytest.fixture
def window() -> Window:
    """The twenty seconds in which everything happened."""
    return Window(T0, T0 + 20)
