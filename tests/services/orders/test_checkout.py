"""Checkout: who orders, what it costs, what is wrong with it."""

from typing import Any

import pytest


def test_a_checkout_is_paid_at_once(place: Any) -> None:
    answer = place()
    assert answer.status_code == 201
    order = answer.json()
    assert order["status"] == "paid"
    assert order["payment_id"] == "ch_1"
    assert order["paid_at"] >= order["placed_at"]
    assert answer.headers["Location"] == f"/orders/{order['id']}"


def test_price_and_tax_follow_the_country(place: Any) -> None:
    german = place().json()
    assert (german["subtotal_cents"], german["tax_cents"], german["total_cents"]) == (2380, 167, 2547)
    british = place(customer={"email": "ann@example.com", "name": "Ann", "country": "GB"}).json()
    assert (british["tax_cents"], british["total_cents"]) == (0, 2380)


def test_a_coupon_takes_its_percent_off_before_tax(place: Any) -> None:
    order = place(coupon="WELCOME10").json()
    assert (order["discount_cents"], order["tax_cents"], order["total_cents"]) == (238, 150, 2292)


def test_the_order_can_be_looked_up_as_it_was_answered(place: Any, shop: Any) -> None:
    order = place().json()
    assert shop.client.get(f"/orders/{order['id']}").json() == order


def test_an_email_address_makes_one_customer(place: Any) -> None:
    first = place(customer={"email": "New@Example.com", "name": "New"}).json()
    second = place(customer={"email": "new@example.com", "name": "Other"}).json()
    assert first["customer"] == second["customer"]
    assert second["customer"]["name"] == "New"


def test_a_known_customer_id_needs_no_customer_and_decides_the_country(place: Any, shop: Any) -> None:
    known = shop.client.get("/customers/me", headers={"Customer-Id": "c-17"}).json()
    order = place(customer=None, customer_id="c-17").json()
    assert order["customer"]["email"] == known["email"]
    assert order["country"] == known["country"]
    again = shop.client.get("/customers/me", headers={"Customer-Id": "c-17"}).json()
    assert again["orders"] == known["orders"] + 1


def test_a_new_customer_gets_the_id_that_was_sent(place: Any, shop: Any) -> None:
    order = place(customer={"email": "n9@example.com", "name": "N"}, customer_id="c-99001").json()
    assert order["customer"]["id"] == "c-99001"
    assert shop.client.get("/customers/me", params={"email": "N9@example.com"}).json()["id"] == "c-99001"


@pytest.mark.parametrize(
    ("wrong", "name"),
    [
        ({"items": []}, "items"),
        ({"items": [{"product_id": "guji-uraga-250g", "quantity": 0}]}, "items.0.quantity"),
        ({"items": [{"product_id": "no-such-bean", "quantity": 1}]}, "items.0.product_id"),
        ({"coupon": "NOSUCH"}, "coupon"),
        ({"coupan": "WELCOME10"}, "coupan"),
        ({"currency": "USD"}, "currency"),
        ({"card_token": "4242"}, "card_token"),
        ({"customer": None}, "customer"),
        ({"customer": {"email": "nobody", "name": "N"}}, "customer.email"),
        ({"customer": {"email": "a@example.com", "name": "N\u0000"}}, "customer.name"),
        ({"customer": {"email": "a@example.com", "name": "N", "country": "JP"}}, "customer.country"),
    ],
)
def test_what_is_wrong_with_an_order_is_named(place: Any, partner: Any, wrong: dict[str, Any], name: str) -> None:
    answer = place(**wrong)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["errors"][0]["name"] == name
    assert name in problem["detail"]
    assert not partner.calls


def test_an_order_that_is_wrong_leaves_nothing_behind(place: Any, shop: Any) -> None:
    newest = shop.client.get("/orders?limit=1").json()["items"][0]["id"]
    place(customer={"email": "wrong@example.com", "name": "W"}, coupon="NOSUCH")
    assert shop.client.get("/orders?limit=1").json()["items"][0]["id"] == newest
    assert shop.client.get("/customers/me?email=wrong@example.com").status_code == 404


def test_broken_json_is_400(shop: Any) -> None:
    answer = shop.client.post("/orders", content=b"{", headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["type"].endswith("malformed-json")


def test_many_new_customers_at_once_with_one_address_become_one(shop: Any, partner: Any) -> None:
    import concurrent.futures

    def one(number: int) -> dict[str, Any]:
        body = {
            "items": [{"product_id": "guji-uraga-250g", "quantity": 1}],
            "customer": {"email": "rush@example.com", "name": "Rush"},
        }
        told: dict[str, Any] = shop.client.post("/orders", json=body).json()
        return told

    with concurrent.futures.ThreadPoolExecutor(8) as crowd:
        orders = list(crowd.map(one, range(16)))
    assert len({order["customer"]["id"] for order in orders}) == 1
    assert len({order["id"] for order in orders}) == 16
    assert len(partner.charges) == 16
