"""Paying later: accepted at once, paid at the rate, in order, surviving everything."""

import os
import signal
import time
from typing import Any
from uuid import uuid4

import pytest


@pytest.fixture
def later(shop: Any, eventually: Any) -> Any:
    """The shop, paying later; its outbox is empty before and after."""
    shop.patch(payment_mode="outbox", outbox_rate_rps=200.0, partner_version="v2", partner_backoff_ms=10)
    eventually(lambda: shop.metric("orders_outbox_pending") == 0)
    yield shop
    eventually(lambda: shop.metric("orders_outbox_pending") == 0)


def _status(shop: Any, order_id: int) -> str:
    told: str = shop.client.get(f"/orders/{order_id}").json()["status"]
    return told


def test_an_order_is_accepted_and_paid_later(later: Any, place: Any, partner: Any, eventually: Any) -> None:
    told = partner.hold()
    answer = place()
    assert answer.status_code == 202
    order = answer.json()
    assert (order["status"], order["paid_at"]) == ("pending", None)
    assert answer.headers["Location"] == f"/orders/{order['id']}"
    assert _status(later, order["id"]) == "pending"
    told.set()
    eventually(lambda: _status(later, order["id"]) == "paid")
    assert later.client.get(f"/orders/{order['id']}").json()["payment_id"] == "pay_1"


def test_an_accepted_order_answers_its_key_again(later: Any, place: Any, partner: Any, eventually: Any) -> None:
    key = uuid4().hex
    first, second = place(key=key), place(key=key)
    assert (second.status_code, second.content) == (202, first.content)
    eventually(lambda: _status(later, first.json()["id"]) == "paid")
    assert len(partner.charges) == 1


def test_payments_keep_to_the_rate_and_the_order_they_came_in(
    later: Any, place: Any, partner: Any, sink: Any, eventually: Any
) -> None:
    def begun() -> list[int]:
        spans = [span for span in sink.spans if span["name"] == "pay order"]
        ids = [span["attributes"]["order.id"] for span in sorted(spans, key=lambda span: span["start_ns"])]
        return [order_id for order_id in ids if order_id in placed]

    later.patch(outbox_rate_rps=20.0)
    began = time.monotonic()
    placed = [place().json()["id"] for _ in range(14)]
    eventually(lambda: len(partner.charges) == 14)
    assert max(call.at for call in partner.calls) - began >= 13 / 20 - 0.01
    assert eventually(lambda: ids if len(ids := begun()) == 14 else None) == placed


def test_no_more_payments_are_under_way_than_allowed(later: Any, place: Any, partner: Any, eventually: Any) -> None:
    later.patch(outbox_concurrency=2)
    partner.delay_s = 0.2
    for _ in range(6):
        place()
    eventually(lambda: len(partner.charges) == 6)
    times = sorted(call.at for call in partner.calls)
    assert all(third - first >= 0.18 for first, third in zip(times, times[2:], strict=False))


def test_a_refused_payment_is_tried_again_when_the_partner_says_so(
    later: Any, place: Any, partner: Any, eventually: Any
) -> None:
    partner.then((429, {"Retry_After": "1"}), None)
    orders = [place().json()["id"] for _ in range(3)]
    eventually(lambda: all(_status(later, order_id) == "paid" for order_id in orders))
    refused = partner.calls[0]
    (again,) = [call for call in partner.calls[1:] if call.body["reference"] == refused.body["reference"]]
    assert again.at - refused.at >= 0.95
    assert len(partner.charges) == 3


def test_when_the_partner_asks_for_patience_no_payment_is_begun_until_then(
    later: Any, place: Any, partner: Any, eventually: Any
) -> None:
    later.patch(outbox_concurrency=1)
    partner.then((429, {"Retry_After": "1"}), None)
    orders = [place().json()["id"] for _ in range(3)]
    eventually(lambda: all(_status(later, order_id) == "paid" for order_id in orders))
    assert all(call.at - partner.calls[0].at >= 0.95 for call in partner.calls[1:])


def test_a_failing_partner_is_tried_until_it_recovers(later: Any, place: Any, partner: Any, eventually: Any) -> None:
    partner.then((500, {}), "reset", (500, {}), None)
    order_id = place().json()["id"]
    eventually(lambda: _status(later, order_id) == "paid")
    assert len(partner.calls) == 4
    assert len(partner.charges) == 1


def test_a_declined_card_ends_it(later: Any, place: Any, partner: Any, eventually: Any) -> None:
    partner.always(402)
    order_id = place().json()["id"]
    eventually(lambda: _status(later, order_id) == "payment_failed")
    assert len(partner.calls) == 1


def test_after_enough_attempts_an_order_is_given_up(later: Any, place: Any, partner: Any, eventually: Any) -> None:
    later.patch(outbox_max_attempts=3, partner_backoff_ms=1)
    partner.always(500)
    order_id = place().json()["id"]
    eventually(lambda: _status(later, order_id) == "payment_failed")
    assert len(partner.calls) == 3


def test_the_backlog_and_its_age_are_visible(later: Any, place: Any, partner: Any, eventually: Any) -> None:
    later.patch(outbox_rate_rps=0.5)
    for _ in range(4):
        place()
    eventually(lambda: later.metric("orders_outbox_pending") >= 2)
    assert eventually(lambda: later.metric("orders_outbox_oldest_age_seconds")) > 0
    later.patch(outbox_rate_rps=200.0)
    eventually(lambda: later.metric("orders_outbox_pending") == 0)
    assert later.metric("orders_outbox_oldest_age_seconds") == 0


def test_what_waits_is_paid_even_after_paying_at_once_again(
    later: Any, place: Any, partner: Any, eventually: Any
) -> None:
    later.patch(outbox_rate_rps=2.0)
    waiting = [place().json()["id"] for _ in range(3)]
    later.patch(payment_mode="sync")
    assert place().status_code == 201
    later.patch(outbox_rate_rps=200.0)
    eventually(lambda: all(_status(later, order_id) == "paid" for order_id in waiting))


def test_the_payment_belongs_to_the_trace_of_its_order(later: Any, place: Any, sink: Any, eventually: Any) -> None:
    answer = place()
    trace_id = answer.headers["traceresponse"].split("-")[1]
    spans = eventually(lambda: [span for span in sink.trace(trace_id) if span["name"] == "pay order"])
    assert spans[0]["kind"] == "consumer"
    calls = [span for span in sink.trace(trace_id) if span["name"] == "POST /v2/payments"]
    assert [call["parent_id"] for call in calls] == [spans[0]["span_id"]]
    paid = eventually(lambda: [event for event in sink.events("order.paid") if event["trace_id"] == trace_id])
    assert paid[0]["attributes"]["paid_after_ms"] > 0


def test_no_payment_is_lost_or_made_twice_when_the_process_is_killed(
    start: Any, partner: Any, free_port: Any, eventually: Any, new_data: Any, place: Any
) -> None:
    env = {"PARTNER_URL": partner.url, "DATABASE_URL": new_data().url}
    doomed = start("orders", **env)
    doomed.patch(payment_mode="outbox", outbox_rate_rps=40.0, partner_version="v2")
    body = {"items": [{"product_id": "guji-uraga-250g", "quantity": 1}]}
    told = partner.hold(after=5)
    orders = [doomed.client.post("/orders", json=body, headers={"Customer-Id": "c-3"}).json()["id"] for _ in range(30)]
    eventually(lambda: len(partner.charges) == 5 and len(partner.calls) > 5)
    os.kill(doomed.process.pid, signal.SIGKILL)
    doomed.process.wait()
    told.set()
    # it starts with version 1, which knows no idempotency keys: nothing may be paid before it is told
    partner.answer = lambda call: (503, {}) if call.path == "/v1/charges" else None
    risen = start("orders", **env)
    risen.patch(outbox_rate_rps=100.0, partner_version="v2")
    eventually(lambda: all(_status(risen, order_id) == "paid" for order_id in orders), 20)
    assert len(partner.charges) == 30
    assert {charge["reference"] for charge in partner.charges} == {f"order-{order_id}" for order_id in orders}
