"""Finding orders: pages that never shift, filters, conditional requests."""

from typing import Any

import pytest


def _pages(shop: Any, **query: Any) -> list[dict[str, Any]]:
    """All orders, page by page."""
    found: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = shop.client.get("/orders", params=query | cursor).json()
        found += page["items"]
        if page["next_cursor"] is None:
            return found
        cursor = {"cursor": page["next_cursor"]}


def test_pages_hold_every_order_once_newest_first(shop: Any) -> None:
    orders = _pages(shop, limit=100)
    assert len(orders) >= 2000
    keys = [(order["placed_at"], order["id"]) for order in orders]
    assert keys == sorted(keys, reverse=True)
    assert len(set(keys)) == len(keys)


def test_orders_placed_meanwhile_do_not_shift_pages(shop: Any, place: Any) -> None:
    first = shop.client.get("/orders?limit=5").json()
    expected = [order["id"] for order in shop.client.get("/orders?limit=10").json()["items"]][5:]
    for _ in range(3):
        place()
    second = shop.client.get("/orders", params={"limit": 5, "cursor": first["next_cursor"]}).json()
    assert [order["id"] for order in second["items"]] == expected


def test_orders_of_the_same_moment_are_all_found(shop: Any, database: Any) -> None:
    database.do("UPDATE orders SET placed_at = '2025-05-05 05:05:05.000000' WHERE id BETWEEN 900 AND 920")
    moment = {"placed_after": "2025-05-05T05:05:05Z", "placed_before": "2025-05-05T05:05:06Z"}
    found = [order["id"] for order in _pages(shop, limit=4, **moment)]
    assert set(range(900, 921)) <= set(found)
    assert len(found) == len(set(found))


def test_filters_are_combined(shop: Any) -> None:
    everything = _pages(shop, limit=100)
    wanted = [
        order["id"]
        for order in everything
        if order["status"] == "refunded"
        and order["total_cents"] >= 3000
        and "2025-01-01T00:00:00" <= order["placed_at"] < "2026-01-01T00:00:00"
    ]
    assert wanted
    query = {
        "status": "refunded",
        "min_total": 3000,
        "placed_after": "2025-01-01T00:00:00Z",
        "placed_before": "2026-01-01T00:00:00",
        "limit": 7,
    }
    assert [order["id"] for order in _pages(shop, **query)] == wanted


def test_a_moment_in_another_zone_means_the_same_moment(shop: Any) -> None:
    utc = _pages(shop, placed_after="2026-10-30T23:00:00Z")
    berlin = _pages(shop, placed_after="2026-10-31T00:00:00+01:00")
    assert [order["id"] for order in utc] == [order["id"] for order in berlin]
    assert utc


def test_orders_of_a_customer_are_found_by_email_in_any_case(shop: Any, place: Any) -> None:
    order = place(customer={"email": "findme@example.com", "name": "F"}).json()
    found = shop.client.get("/orders?customer_email=FindMe@example.com").json()["items"]
    assert [one["id"] for one in found] == [order["id"]]


def test_orders_are_found_by_coupon_unless_that_is_switched_off(shop: Any) -> None:
    found = _pages(shop, coupon="SPRING15")
    assert found
    assert {order["coupon"] for order in found} == {"SPRING15"}
    shop.patch(coupon_search_enabled=False)
    answer = shop.client.get("/orders?coupon=SPRING15")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["name"] == "coupon"


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("status=lost", "status"),
        ("cursor=xyz", "cursor"),
        ("cursor=OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5CjE", "cursor"),
        ("placed_after=yesterday", "placed_after"),
        ("min_total=-1", "min_total"),
        ("colour=red", "colour"),
    ],
)
def test_a_wrong_query_is_named(shop: Any, query: str, name: str) -> None:
    answer = shop.client.get(f"/orders?{query}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0] | {"detail": ""} == {"in": "query", "name": name, "detail": ""}


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/orders?placed_before=9999-12-31T23:59:59-05:00", "placed_before"),
        ("/orders?placed_after=0001-01-01T00:00:00%2B14:00", "placed_after"),
        ("/orders?coupon=%00", "coupon"),
        ("/orders?customer_email=a%00b", "customer_email"),
        ("/orders?cursor=AA", "cursor"),
        ("/products?q=%00", "q"),
        ("/products?origin=%00", "origin"),
        ("/products?cursor=YQBiCmMAZA", "cursor"),
        ("/products/a%00b", "product_id"),
        ("/customers/me?email=%00", "email"),
    ],
)
def test_what_no_database_could_look_for_is_named(shop: Any, path: str, name: str) -> None:
    answer = shop.client.get(path)
    assert answer.status_code == 422
    assert [wrong["name"] for wrong in answer.json()["errors"]] == [name]


def test_an_unchanged_order_is_304_and_a_changed_one_is_not(shop: Any, place: Any) -> None:
    order_id = place().json()["id"]
    first = shop.client.get(f"/orders/{order_id}")
    tag = first.headers["ETag"]
    same = shop.client.get(f"/orders/{order_id}", headers={"If-None-Match": f'"other", W/{tag}'})
    assert (same.status_code, same.content, same.headers["ETag"]) == (304, b"", tag)
    shop.client.post(f"/orders/{order_id}/refund")
    changed = shop.client.get(f"/orders/{order_id}", headers={"If-None-Match": tag})
    assert changed.status_code == 200
    assert changed.headers["ETag"] != tag


@pytest.mark.parametrize("order_id", ["999999999", "0", "abc", "99999999999999999999"])
def test_an_order_that_is_not_there_is_a_problem(shop: Any, order_id: str) -> None:
    answer = shop.client.get(f"/orders/{order_id}")
    assert answer.status_code == (404 if order_id == "999999999" else 422)
    assert answer.headers["content-type"] == "application/problem+json"
    assert {"type", "title", "status", "detail", "instance", "request_id"} <= answer.json().keys()


def test_a_customer_who_never_ordered_is_unknown(shop: Any) -> None:
    answer = shop.client.get("/customers/me", headers={"Customer-Id": "c-none"})
    assert (answer.status_code, answer.json()["title"]) == (404, "Unknown customer")
    assert shop.client.get("/customers/me").status_code == 422
