"""Business numbers: on records made by hand, and against a count by other means over exported records."""

import math
import random
from pathlib import Path
from typing import Any

import pytest
from fakes_telemetry import T0, checkout, log, order_event, request, trace_id
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.core.clock import ManualClock
from lab.core.window import Window
from lab.telemetry import Business, Store, Telemetry

MISTAKES = [400, 401, 403, 404, 409, 415, 422]


def test_attempts_are_checkouts_that_were_not_the_caller_s_mistake(
    store: Store, telemetry: Telemetry, minute: Window
) -> None:
    store.add_spans([checkout(status) for status in (201, 202, 429, 500, 503, 504, *MISTAKES)])
    store.add_spans([request(503, service="gateway", route="/api/v1/products"), request(503)])
    business = telemetry.business(minute)
    assert (business.attempts, business.lost) == (6, 4)


def test_an_accepted_order_whose_payment_fails_is_lost_once(store: Store, telemetry: Telemetry, minute: Window) -> None:
    accepted, refused, unknown = trace_id(1), trace_id(2), trace_id(3)
    store.add_spans([checkout(202, customer="c-1", trace=accepted), checkout(503, customer="c-2", trace=refused)])
    store.add_logs(
        [
            order_event("failed", "o-1", at=1, customer="u-1", trace=accepted),
            order_event("failed", "o-1", at=2, customer="u-1", trace=accepted),
            order_event("failed", "o-2", at=1, customer="u-2", trace=refused),
            order_event("failed", "o-3", at=1, customer="u-3", trace=unknown),
            order_event("failed", "o-4", at=59.5, customer="u-4", trace=trace_id(4)),  # its checkout may still come
        ]
    )
    business = telemetry.business(minute)
    assert (business.attempts, business.failed, business.lost) == (2, 4, 3)
    assert business.customers_affected == 3


def test_money_is_what_paid_orders_brought(store: Store, telemetry: Telemetry) -> None:
    store.add_logs(
        [order_event("paid", f"o-{number}", at=number, cents=1250, placed=number - 0.5) for number in range(8)]
    )
    business = telemetry.business(Window(T0, T0 + 30))
    assert (business.paid, business.revenue_cents, business.revenue_per_min) == (8, 10_000, 200.0)


def test_customers_are_counted_once_and_strangers_not_at_all(
    store: Store, telemetry: Telemetry, minute: Window
) -> None:
    store.add_spans(
        [checkout(503, customer=name) for name in ("c-1", "c-1", "c-2", None)] + [checkout(201, customer="c-9")]
    )
    assert telemetry.business(minute).customers_affected == 2


def test_an_order_is_pending_until_it_is_paid_or_has_failed(store: Store, telemetry: Telemetry) -> None:
    store.add_logs([order_event("placed", f"o-{number}", at=number * 10) for number in range(4)])
    store.add_logs([order_event("paid", "o-0", at=25, placed=0), order_event("failed", "o-1", at=35, placed=10)])

    def pending(end: float) -> tuple[int, float]:
        business = telemetry.business(Window(T0, T0 + end))
        return business.pending, business.oldest_pending_s

    assert pending(5) == (1, 5.0)
    assert pending(24) == (3, 24.0)
    assert pending(34) == (3, 24.0)
    assert pending(60) == (2, 40.0)
    assert telemetry.business(Window(T0 - 60, T0)) == Business()


def test_the_share_paid_in_time_is_over_attempts_that_started_in_the_window(
    store: Store, telemetry: Telemetry, minute: Window
) -> None:
    assert math.isnan(telemetry.paid(minute, 15))
    store.add_spans([checkout(202, at=number, ms=20) for number in range(10)])
    store.add_spans([checkout(202, at=-1, ms=5000), checkout(422, at=5)])
    store.add_logs([order_event("paid", f"o-{number}", at=number + 5, placed=number) for number in range(4)])
    store.add_logs([order_event("paid", f"late-{number}", at=number + 20, placed=number) for number in range(4)])
    store.add_logs([order_event("paid", "before", at=1, placed=-1)])
    assert telemetry.paid(minute, 15) == 0.4
    assert telemetry.paid(minute, 20) == 0.8
    assert telemetry.business(minute).attempts == 11


def test_an_order_counts_to_the_window_in_which_its_checkout_began(store: Store, telemetry: Telemetry) -> None:
    for number in range(10):
        # each checkout begins at the full second, and its order is placed a fifth of a second later
        store.add_spans([checkout(201, at=number, ms=300, trace=trace_id(number))])
        store.add_logs([order_event("placed", f"o-{number}", at=number + 0.2, trace=trace_id(number))])
        store.add_logs([order_event("paid", f"o-{number}", at=number + 0.25, placed=number + 0.2)])
    assert telemetry.paid(Window(T0, T0 + 5.1), 15) == 1.0, "the sixth was placed beyond the end"
    assert telemetry.paid(Window(T0 + 2.1, T0 + 7), 15) == 1.0, "the third was placed inside, and began before"


def test_only_accepted_orders_are_still_promised(store: Store, telemetry: Telemetry, minute: Window) -> None:
    for number, status in enumerate((202, 202, 503, 201)):
        store.add_spans([checkout(status, at=number, ms=100, trace=trace_id(number))])
        store.add_logs([order_event("placed", f"o-{number}", at=number, trace=trace_id(number))])
    assert telemetry.promised(minute) == 2
    store.add_logs([order_event("paid", "o-0", at=30, placed=0), order_event("failed", "o-1", at=31, placed=1)])
    assert telemetry.promised(minute) == 0


def test_an_event_without_its_fields_does_no_harm(store: Store, telemetry: Telemetry, minute: Window) -> None:
    store.add_logs(
        [log("odd", event="order.paid"), log("odd", event="order.payment_failed"), log("x", event="order.x")]
    )
    business = telemetry.business(minute)
    assert (business.paid, business.failed, business.revenue_cents) == (1, 1, 0)


def recounted(records: list[dict[str, Any]], window: Window) -> dict[str, float]:
    """The same numbers, counted from exported records with none of the store's code."""
    inside = [one for one in records if window.start_s <= (one.get("end_s") or one.get("time_s", 0)) < window.end_s]
    orders = [
        one
        for one in records
        if one["record"] == "span" and one["service"] == "gateway" and one["kind"] == "server"
        and one["attributes"].get("http.route") == "/api/v1/orders"
        and one["attributes"].get("http.request.method") == "POST"
    ]  # fmt: skip
    status = {one["trace_id"]: one["attributes"]["http.response.status_code"] for one in orders}
    ended = [one for one in orders if one in inside]
    attempts = [one for one in ended if one["attributes"]["http.response.status_code"] not in MISTAKES]
    lost = [one for one in attempts if one["attributes"]["http.response.status_code"] in (429, 500, 502, 503, 504)]
    events = [one for one in inside if one["record"] == "log"]
    late = {
        one["attributes"]["order.id"]: (one["trace_id"], one["attributes"]["customer.id"])
        for one in events
        if one["event"] == "order.payment_failed" and status.get(one["trace_id"]) == 202
    }
    customer = {one["trace_id"]: one["attributes"].get("enduser.id") for one in orders}
    people = {one["attributes"].get("enduser.id") for one in lost} | {
        customer[trace] or account for trace, account in late.values()
    }
    paid = [one for one in events if one["event"] == "order.paid"]
    started = [
        one
        for one in orders
        if window.contains(one["start_s"]) and one["attributes"]["http.response.status_code"] not in MISTAKES
    ]
    in_time = {
        one["attributes"]["order.id"]
        for one in records
        if one["record"] == "log"
        and one["event"] == "order.paid"
        and window.contains(one["attributes"]["order.placed_at"])
        and one["attributes"]["paid_after_ms"] <= 2000
    }
    return {
        "attempts": len(attempts),
        "lost": len(lost) + len(late),
        "paid": len({one["attributes"]["order.id"] for one in paid}),
        "revenue_cents": sum(one["attributes"]["order.total_cents"] for one in paid),
        "customers_affected": len(people - {None}),
        "share": len(in_time) / len(started) if started else math.nan,
    }


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**9))
def test_exported_records_give_the_same_numbers(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    rng = random.Random(seed)
    path: Path = tmp_path_factory.mktemp("business")
    store = Store(path / "t.db", clock=ManualClock(T0 + 1000))
    telemetry = Telemetry(store)
    for number in range(rng.randrange(60)):
        trace, at = trace_id(number), rng.uniform(0, 60)
        status = rng.choice([201, 201, 202, 202, 429, 503, 504, 422])
        name = f"c-{rng.randrange(9)}" if rng.random() < 0.9 else None
        store.add_spans([checkout(status, customer=name, trace=trace, at=at, ms=rng.uniform(1, 3000))])
        if status in (201, 202):
            fate, wait = rng.choice(["paid", "paid", "failed", "placed"]), rng.uniform(0, 5)
            store.add_logs([order_event("placed", f"o-{number}", at=at, trace=trace)])
            if fate != "placed" and (fate == "paid" or status == 202):
                cents = rng.randrange(100, 9999)
                store.add_logs([order_event(fate, f"o-{number}", at=at + wait, placed=at, cents=cents, trace=trace)])
    window = Window(T0 + 10, T0 + 45.5)
    business = telemetry.business(window)
    records = list(telemetry.export_records(Window(T0 - 100, T0 + 500)))
    assert records == sorted(records, key=lambda one: round(one.get("end_s", one.get("time_s")), 6))
    expected = recounted(records, window)
    share = expected.pop("share")
    assert {name: getattr(business, name) for name in expected} == expected
    steps = telemetry.orders_over_time(window, 7)
    assert [step.time_s for step in steps] == [T0 + 10 + 7 * number for number in range(6)]
    summed = {name: sum(getattr(step, name) for step in steps) for name in ("attempts", "paid", "lost")}
    assert summed == {name: expected[name] for name in summed}
    found = telemetry.paid(window, 2)
    assert found == pytest.approx(min(1.0, share)) or (math.isnan(found) and math.isnan(share))
    store.close()


def test_an_export_holds_the_window_s_records_in_order_and_as_json(store: Store, telemetry: Telemetry) -> None:
    import json

    store.add_logs([log("second", at=2), log("first", at=1), log("outside", at=99)])
    store.add_spans([checkout(201, at=1.2, ms=300), checkout(201, at=0, ms=90_000)])
    records = list(telemetry.export_records(Window(T0, T0 + 60)))
    assert [one["record"] for one in records] == ["log", "span", "log"]
    assert [one.get("message", one.get("name")) for one in records] == ["first", "POST /api/v1/orders", "second"]
    assert json.loads(json.dumps(records)) == records
    assert list(telemetry.export_records(Window(T0 + 1000, T0 + 1001))) == []
