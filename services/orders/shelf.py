"""Finding products: one by its id, many by filters, by name."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, tuple_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.orders.cursors import decode, encode
from services.orders.models import Product
from services.orders.pricing import CURRENCY
from services.orders.shapes import ProductAnswer, ProductPage


@dataclass(frozen=True, slots=True)
class ProductFilters:
    """What to look for; None means any."""

    q: str | None = None
    origin: str | None = None
    roast: str | None = None
    process: str | None = None
    max_price_cents: int | None = None
    available: bool | None = None


async def find_product(session: AsyncSession, product_id: str) -> ProductAnswer | None:
    """The product, or None."""
    product = (await session.exec(select(Product).where(col(Product.id) == product_id))).first()
    return None if product is None else _shape(product)


async def list_products(session: AsyncSession, filters: ProductFilters, limit: int, cursor: str | None) -> ProductPage:
    """One page; BadCursor when the cursor is none of ours."""
    statement = select(Product)
    if filters.q is not None:
        words = func.lower(
            col(Product.name) + " " + col(Product.origin) + " " + col(Product.roast) + " " + col(Product.tasting_notes)
        )
        statement = statement.where(words.contains(filters.q.lower(), autoescape=True))
    for column, wanted in (
        (Product.origin, filters.origin),
        (Product.roast, filters.roast),
        (Product.process, filters.process),
    ):
        if wanted is not None:
            statement = statement.where(func.lower(col(column)) == wanted.lower())
    if filters.max_price_cents is not None:
        statement = statement.where(col(Product.price_cents) <= filters.max_price_cents)
    if filters.available is not None:
        statement = statement.where(col(Product.available) == filters.available)
    if cursor is not None:
        statement = statement.where(tuple_(col(Product.name), col(Product.id)) > decode(cursor, 2))
    statement = statement.order_by(col(Product.name), col(Product.id)).limit(limit + 1)
    found = (await session.exec(statement)).all()
    page = [_shape(product) for product in found[:limit]]
    return ProductPage(items=page, next_cursor=encode(page[-1].name, page[-1].id) if len(found) > limit else None)


def _shape(product: Product) -> ProductAnswer:
    shown: dict[str, Any] = product.model_dump()
    return ProductAnswer.model_validate(shown | {"currency": CURRENCY})
