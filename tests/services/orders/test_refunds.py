"""Refunds: the whole order, once, by the version that took the money."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest


def test_a_refund_goes_back_to_the_charge(place: Any, shop: Any, partner: Any) -> None:
    order = place().json()
    answer = shop.client.post(f"/orders/{order['id']}/refund", json={"reason": "torn bag"})
    assert answer.status_code == 201
    told = answer.json()
    assert (told["order_id"], told["amount_cents"], told["reason"]) == (order["id"], order["total_cents"], "torn bag")
    call = partner.calls[-1]
    assert call.path == f"/v1/charges/{order['payment_id']}/refund"
    assert call.body == {"amount": order["total_cents"]}
    assert shop.client.get(f"/orders/{order['id']}").json()["status"] == "refunded"


def test_a_refund_uses_the_version_that_took_the_money(place: Any, shop: Any, partner: Any) -> None:
    shop.patch(partner_version="v2")
    order = place().json()
    shop.patch(partner_version="v1")
    assert shop.client.post(f"/orders/{order['id']}/refund").status_code == 201
    assert partner.calls[-1].path == f"/v2/payments/{order['payment_id']}/refunds"
    assert partner.calls[-1].body == {"amount": {"value": "25.47", "currency": "EUR"}}


def test_an_order_is_refunded_once(place: Any, shop: Any, partner: Any, eventually: Any) -> None:
    order_id = place().json()["id"]
    told = partner.hold()
    with ThreadPoolExecutor(4) as crowd:
        calls = [crowd.submit(shop.client.post, f"/orders/{order_id}/refund") for _ in range(4)]
        eventually(lambda: sum(call.done() for call in calls) == 3)
        told.set()
    assert sorted(call.result().status_code for call in calls) == [201, 409, 409, 409]
    assert shop.client.post(f"/orders/{order_id}/refund").json()["type"].endswith("already-refunded")
    assert sum(call.path.endswith("/refund") for call in partner.calls) == 1


@pytest.mark.parametrize(
    ("told", "status", "kind"),
    [
        ((429, {"Retry_After": "3"}), 503, "payments-busy"),
        ((500, {}), 502, "payment-error"),
        ((404, {}), 409, "not-refundable"),
    ],
)
def test_a_refund_that_failed_can_be_asked_for_again(
    place: Any, shop: Any, partner: Any, told: Any, status: int, kind: str
) -> None:
    order_id = place().json()["id"]
    partner.then(told, None)
    failed = shop.client.post(f"/orders/{order_id}/refund")
    assert (failed.status_code, failed.json()["type"].rsplit("/", 1)[1]) == (status, kind)
    assert shop.client.get(f"/orders/{order_id}").json()["status"] == "paid"
    assert shop.client.post(f"/orders/{order_id}/refund").status_code == 201


def test_an_unpaid_order_is_not_refunded(place: Any, shop: Any, partner: Any) -> None:
    partner.always(402)
    order_id = place().json()["order_id"]
    answer = shop.client.post(f"/orders/{order_id}/refund")
    assert (answer.status_code, answer.json()["type"].rsplit("/", 1)[1]) == (409, "not-paid")


def test_an_order_that_is_not_there_is_404(shop: Any) -> None:
    assert shop.client.post("/orders/999999999/refund").status_code == 404


def test_a_wrong_reason_is_named(place: Any, shop: Any) -> None:
    answer = shop.client.post("/orders/1/refund", json={"reasons": "x"})
    assert (answer.status_code, answer.json()["errors"][0]["name"]) == (422, "reasons")
