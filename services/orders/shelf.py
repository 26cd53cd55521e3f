"""Finding products: one by its id, many by filters, by name."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, select, tuple_

from services.orders.cursors import decode, encode
from services.orders.pricing import CURRENCY
from services.orders.shapes import ProductAnswer, ProductPage
from services.orders.tables import PRODUCTS

_P = PRODUCTS.c
_ONE = select(PRODUCTS).where(_P.id == bindparam("product_id"))
_MANY = select(PRODUCTS).order_by(_P.name, _P.id).limit(bindparam("most"))


@dataclass(frozen=True, slots=True)
class ProductFilters:
    """What to look for; None means any."""

    q: str | None = None
    origin: str | None = None
    roast: str | None = None
    process: str | None = None
    max_price_cents: int | None = None
    available: bool | None = None


def find_product(connection: Connection, product_id: str) -> ProductAnswer | None:
    """The product, or None."""
    row = connection.execute(_ONE, {"product_id": product_id}).first()
    return None if row is None else _shape(row)


def list_products(connection: Connection, filters: ProductFilters, limit: int, cursor: str | None) -> ProductPage:
    """One page; BadCursor when the cursor is none of ours. One row more than asked tells whether there is a next."""
    statement = _MANY
    if filters.q is not None:
        words = func.lower(_P.name + " " + _P.origin + " " + _P.roast + " " + _P.tasting_notes)
        statement = statement.where(words.contains(filters.q.lower(), autoescape=True))
    for column, wanted in ((_P.origin, filters.origin), (_P.roast, filters.roast), (_P.process, filters.process)):
        if wanted is not None:
            statement = statement.where(func.lower(column) == wanted.lower())
    if filters.max_price_cents is not None:
        statement = statement.where(_P.price_cents <= filters.max_price_cents)
    if filters.available is not None:
        statement = statement.where(_P.available == filters.available)
    if cursor is not None:
        statement = statement.where(tuple_(_P.name, _P.id) > decode(cursor, 2))
    found = connection.execute(statement, {"most": limit + 1}).all()
    page = [_shape(row) for row in found[:limit]]
    return ProductPage(items=page, next_cursor=encode(page[-1].name, page[-1].id) if len(found) > limit else None)


def _shape(row: Row[Any]) -> ProductAnswer:
    return ProductAnswer.model_validate({**row._mapping, "currency": CURRENCY})
