"""Idempotency-Key: the same request again is the same order and one charge."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest


@pytest.fixture
def key() -> str:
    """A key nobody used."""
    return uuid4().hex


def test_the_same_key_answers_again_and_charges_once(place: Any, partner: Any, key: str) -> None:
    first, second = place(key=key), place(key=key)
    assert (second.status_code, second.content) == (first.status_code, first.content)
    assert second.headers["Location"] == first.headers["Location"]
    assert second.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert len(partner.charges) == 1


def test_without_a_key_there_are_two_orders_and_two_charges(place: Any, partner: Any) -> None:
    assert place().json()["id"] != place().json()["id"]
    assert len(partner.charges) == 2


def test_the_order_of_members_and_spaces_do_not_make_another_body(
    shop: Any, place: Any, partner: Any, key: str
) -> None:
    first = place(key=key)
    turned = (
        b'{ "customer": {"country": "DE", "name": "Lena Vogel", "email": "lena@example.com"},'
        b' "items": [{"quantity": 2, "product_id": "guji-uraga-250g"}] }'
    )
    headers = {"Idempotency-Key": key, "Content-Type": "application/json"}
    second = shop.client.post("/orders", content=turned, headers=headers)
    assert second.content == first.content
    assert len(partner.charges) == 1


def test_another_body_with_the_same_key_is_refused(place: Any, partner: Any, key: str) -> None:
    place(key=key)
    answer = place(key=key, coupon="BEANS5")
    assert answer.status_code == 422
    assert answer.json()["type"].endswith("idempotency-key-reused")
    assert len(partner.charges) == 1


@pytest.mark.parametrize("length", [32, 255])
def test_two_clients_may_choose_the_same_key(place: Any, partner: Any, key: str, length: int) -> None:
    first, other, again = (place(key=key.ljust(length, "x"), client=client) for client in ("web", "app", "web"))
    assert first.json()["id"] != other.json()["id"]
    assert again.json()["id"] == first.json()["id"]
    assert len(partner.charges) == 2


def test_another_customer_with_the_same_key_is_refused(place: Any, key: str) -> None:
    place(key=key, customer_id="c-5")
    assert place(key=key, customer_id="c-6").status_code == 422


def test_a_key_in_progress_is_409(place: Any, partner: Any, key: str, eventually: Any) -> None:
    told = partner.hold()
    with ThreadPoolExecutor(4) as crowd:
        calls = [crowd.submit(place, key=key) for _ in range(4)]
        eventually(lambda: sum(call.done() for call in calls) == 3)
        told.set()
    answers = [call.result() for call in calls]
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert all(answer.headers["Retry-After"] == "1" for answer in answers if answer.status_code == 409)
    assert len(partner.charges) == 1


def test_after_a_failure_that_may_pass_the_same_key_pays_the_same_order(
    place: Any, partner: Any, shop: Any, key: str
) -> None:
    partner.then((503, {}), None)
    failed = place(key=key).json()
    paid = place(key=key)
    assert paid.status_code == 201
    assert paid.json()["id"] == failed["order_id"]
    assert paid.json()["items"][0]["name"] == "Guji Uraga, 250 g"
    assert shop.client.get(f"/orders/{failed['order_id']}").json()["status"] == "paid"
    assert place(key=key).content == paid.content
    assert len(partner.charges) == 1


def test_a_timeout_tried_again_with_the_same_key_is_charged_once_by_version_2(
    place: Any, partner: Any, shop: Any, key: str
) -> None:
    shop.patch(partner_version="v2", partner_timeout_ms=100)
    told = partner.hold()
    assert place(key=key).status_code == 504
    told.set()
    shop.patch(partner_timeout_ms=9000)
    assert place(key=key).status_code == 201
    assert len({call.headers["idempotency-key"] for call in partner.calls}) == 1
    assert len(partner.charges) == 1


def test_a_declined_card_stays_declined_for_its_key(place: Any, partner: Any, key: str) -> None:
    partner.then((402, {}), None)
    first, second = place(key=key), place(key=key)
    assert (first.status_code, second.status_code) == (402, 402)
    assert second.headers["content-type"] == "application/problem+json"
    assert len(partner.calls) == 1


def test_an_invalid_order_does_not_use_its_key_up(place: Any, key: str) -> None:
    assert place(key=key, coupon="NOSUCH").status_code == 422
    assert place(key=key).status_code == 201


def test_a_key_is_answered_even_when_the_shop_has_changed(place: Any, database: Any, key: str) -> None:
    order = place(key=key, items=[{"product_id": "lintong-blue-250g", "quantity": 1}])
    database.do("UPDATE products SET available = false WHERE id = 'lintong-blue-250g'")
    again = place(key=key, items=[{"product_id": "lintong-blue-250g", "quantity": 1}])
    assert again.content == order.content


def test_a_key_older_than_a_day_is_forgotten(place: Any, database: Any, partner: Any, key: str) -> None:
    first = place(key=key).json()
    _locked_at(database, key, datetime(2020, 1, 1, tzinfo=UTC))
    assert place(key=key).json()["id"] != first["id"]
    assert len(partner.charges) == 2


def test_a_key_whose_worker_died_is_taken_over_after_a_while(place: Any, database: Any, partner: Any, key: str) -> None:
    partner.always(503)
    failed = place(key=key).json()
    partner.behave()
    database.do("UPDATE idempotency_keys SET state = 'in_progress' WHERE key = :key", key=key)
    assert place(key=key).status_code == 409
    _locked_at(database, key, datetime.now(UTC) - timedelta(minutes=2))
    paid = place(key=key)
    assert (paid.status_code, paid.json()["id"]) == (201, failed["order_id"])


def _locked_at(database: Any, key: str, moment: datetime) -> None:
    written = moment.replace(tzinfo=None).isoformat(" ", "microseconds")
    database.do("UPDATE idempotency_keys SET locked_at = :moment WHERE key = :key", moment=written, key=key)
