"""The shelf: pages, filters, one product."""

from typing import Any

import pytest


def _all(shop: Any, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = shop.client.get("/products", params=query | cursor).json()
        found += page["items"]
        if page["next_cursor"] is None:
            return found
        cursor = {"cursor": page["next_cursor"]}


@pytest.mark.parametrize("limit", [7, 60, 100])
def test_sixty_products_come_in_pages_by_name(shop: Any, limit: int) -> None:
    names = [product["name"] for product in _all(shop, limit=limit)]
    assert len(names) == len(set(names)) == 60
    assert names == sorted(names)


@pytest.mark.parametrize(
    ("query", "fits"),
    [
        ({"q": "ETHIOPIA"}, lambda product: product["origin"] == "Ethiopia"),
        ({"q": "espresso"}, lambda product: "Espresso" in product["name"]),
        ({"origin": "kenya"}, lambda product: product["origin"] == "Kenya"),
        ({"roast": "dark", "process": "natural"}, lambda p: (p["roast"], p["process"]) == ("dark", "natural")),
        ({"max_price_cents": 800}, lambda product: product["price_cents"] <= 800),
        ({"available": False}, lambda product: not product["available"]),
        ({"q": "100%"}, lambda product: False),
        ({"q": "_"}, lambda product: False),
    ],
)
def test_filters_find_what_they_say(shop: Any, query: dict[str, Any], fits: Any) -> None:
    wanted = [product["id"] for product in _all(shop, limit=100) if fits(product)]
    assert [product["id"] for product in _all(shop, limit=2, **query)] == wanted


@pytest.mark.parametrize("word", ["espresso", "decaf", "ethiopia", "dark", "house"])
def test_what_customers_search_for_is_there(shop: Any, word: str) -> None:
    assert shop.client.get("/products", params={"q": word}).json()["items"]


def test_a_product_is_found_by_its_id(shop: Any) -> None:
    listed = shop.client.get("/products?limit=1").json()["items"][0]
    assert shop.client.get(f"/products/{listed['id']}").json() == listed


def test_a_product_that_is_not_there_is_404(shop: Any) -> None:
    answer = shop.client.get("/products/no-such-bean")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


def test_a_cursor_of_another_list_is_refused(shop: Any) -> None:
    cursor = shop.client.get("/orders?limit=1").json()["next_cursor"]
    assert shop.client.get("/products", params={"cursor": cursor + "!"}).status_code == 422


@pytest.mark.parametrize("path", ["/products?limit=50", "/products?limit=5&roast=light", "/orders?limit=2&status=paid"])
def test_a_page_links_to_the_next_one_and_keeps_the_filters(shop: Any, path: str) -> None:
    page = shop.client.get(path)
    following = page.links["next"]["url"]
    assert following == f"{path}&cursor={page.json()['next_cursor']}"
    beyond = shop.client.get(following)
    assert beyond.status_code == 200
    assert not {one["id"] for one in beyond.json()["items"]} & {one["id"] for one in page.json()["items"]}


def test_the_last_page_links_nowhere(shop: Any) -> None:
    assert "link" not in shop.client.get("/products?limit=100").headers
