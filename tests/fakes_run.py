"""A run that a test can grade against: two minutes of a campaign that the payment partner refuses a part of."""

import random
from collections.abc import Mapping
from typing import Any

from fakes_telemetry import T0, call, checkout, log, order_event, request, statement, trace_id

from lab.core.migration import Migrated, NewColumn
from lab.core.window import Window
from lab.questions import Run
from lab.questions.refs import metric_ref
from lab.questions.steps.received import Received
from lab.session.migrated import tell
from lab.telemetry import Log, Span, Store, Telemetry

BASELINE = Window(T0, T0 + 30)
INCIDENT = Window(T0 + 60, T0 + 180)
NOW = T0 + 180.0
REFUSED_SHARE = 0.34


def fill(store: Store, seed: int = 1) -> None:
    """Healthy traffic, then four times as much of it, a third of which is refused; waiting times grow all the time."""
    rng = random.Random(seed)
    spans: list[Span] = []
    logs: list[Log] = []
    number = 0
    for second in range(180):
        if second > 60 and second % 10 == 0:
            query, rows = "SELECT * FROM orders WHERE coupon_code = ?", 1000 * second
            spans.append(statement(query, at=second, ms=300, trace=trace_id(900_000 + second)))
            logs.append(
                log(
                    "SELECT orders took 300 ms", at=second + 0.3, severity="WARN", event="db.slow_query",
                    trace=trace_id(900_000 + second), db__query__text=query, rows_examined=rows,
                )
            )  # fmt: skip
        for _ in range(4 if second < 60 else 16):
            number += 1
            at = second + rng.random()
            grown = 1.02 ** max(0, second - 60)
            if number % 3:
                spans.append(request(200, service="gateway", method="GET", route="/api/v1/products", at=at, ms=20))
                continue
            refused = second >= 60 and rng.random() < REFUSED_SHARE
            pay_ms = rng.lognormvariate(4, 0.4) * grown
            trace, status, customer = trace_id(number), 503 if refused else 201, f"c-{rng.randint(1, 40)}"
            cents = rng.randint(500, 5000)
            answer = 429 if refused else 200
            spans += [
                checkout(status, at=at, ms=pay_ms + 12, trace=trace, customer=customer),
                call(status, at=at, ms=pay_ms + 8, trace=trace),
                request(status, at=at, ms=pay_ms + 6, trace=trace),
                call(
                    answer, service="orders", peer="partner", template="/v1/charges", at=at, ms=pay_ms, trace=trace,
                    resend=1 if refused and number % 2 else 0,
                ),
            ]  # fmt: skip
            done = at + (pay_ms + 4) / 1000
            logs.append(order_event("placed", str(number), at=at, customer=customer, cents=cents, trace=trace))
            if refused:
                logs.append(
                    log(
                        "Payment refused by the partner: 429", at=done, severity="WARN", event="payment.refused",
                        trace=trace, http__response__status_code=429, peer__service="partner", retry_after_s=1,
                    )
                )  # fmt: skip
                logs.append(
                    order_event("failed", str(number), at=done, placed=at, customer=customer, cents=cents, trace=trace)
                )
            else:
                logs.append(
                    order_event("paid", str(number), at=done, placed=at, customer=customer, cents=cents, trace=trace)
                )
            logs.append(
                log(
                    f"POST /orders {status}", at=done, trace=trace, severity="ERROR" if refused else "INFO",
                    http__response__status_code=status, http__route="/orders",
                )
            )  # fmt: skip
    store.add_spans(spans)
    store.add_logs(logs)
    gauge = "orders_outbox_oldest_age_seconds"
    for second in range(0, 180, 2):
        store.add_gauges("orders", T0 + second, {gauge: float(max(0, second - 60)) / 4})
    store.flush()


def run_on(telemetry: Telemetry, windows: Mapping[str, Window] | None = None, **fields: Any) -> Run:
    """A run with the incident open; `windows` adds to baseline and incident."""
    return Run(
        telemetry=telemetry,
        windows={"baseline": BASELINE, "incident": INCIDENT, **(windows or {})},
        now=NOW,
        **fields,
    )


class RunLook:
    """What a learner sees, over a run in a store instead of a console."""

    def __init__(self, run: Run, facts: Mapping[str, str] | None = None) -> None:
        self.run = run
        self.cited: list[str] = []
        self._facts = facts or {}

    def window(self, name: str) -> Window:
        return self.run.window(name)

    def measure(self, probe: Any, window: Window) -> float:
        return float(probe.measure(self.run.telemetry, window))

    def logs(self, query: str, window: Window, limit: int = 1) -> list[str]:
        return [f"log:{one.id}" for one in self.run.telemetry.logs(query, window, limit)]

    def traces(self, query: str, window: Window, limit: int = 1) -> list[str]:
        return [f"trace:{one.trace_id}" for one in self.run.telemetry.traces(query, window, limit)]

    def cite(self, what: Any, window: Window | None = None) -> str:
        self.cited.append(what if isinstance(what, str) else metric_ref(what, window or self.window("incident")))
        return self.cited[-1]

    def facts(self) -> Mapping[str, str]:
        return self._facts

    def request(self, method: str, path: str, **more: Any) -> Mapping[str, Any]:
        """Answered as the same request was in the run."""
        for one in self.run.requests:
            if (one.method, one.target) == (method, path):
                return {"status": one.status, "headers": one.answer, "body": "", "json": {}}
        return {"status": 404, "headers": {}, "body": "", "json": {}}

    def logged(self, query: str, attribute: str) -> str | None:
        found = self.run.telemetry.logs(query, limit=1)
        return str(found[0].attributes[attribute]) if found and attribute in found[0].attributes else None

    def rehearse(self) -> None:
        """Noted as a session notes it, at a time that lies in none of the run's windows."""
        new = NewColumn("orders", "payment_state", "status", {"paid": "settled"})
        store = self.run.telemetry.store
        tell(store, lambda: NOW + 3600, new, Migrated(10, 1, 0.2, 0.1), copy=True)
        store.flush()

    def received(self) -> tuple[Received, ...]:
        return self.run.requests
