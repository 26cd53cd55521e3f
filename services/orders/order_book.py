"""Finding orders: one by its number, many by filters, newest first."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select, tuple_

from services.orders.cursors import decode_moment, encode_moment
from services.orders.shapes import CustomerRef, Item, OrderAnswer, OrderPage, OrderSummary
from services.orders.tables import CUSTOMERS, ORDER_ITEMS, ORDERS, PRODUCTS

_O = ORDERS.c
_ORDERS = select(ORDERS, CUSTOMERS.c.email, CUSTOMERS.c.name).join_from(ORDERS, CUSTOMERS)
_ONE = _ORDERS.where(_O.id == bindparam("order_id"))
_MANY = _ORDERS.order_by(_O.placed_at.desc(), _O.id.desc()).limit(bindparam("most"))
_LINES = (
    select(ORDER_ITEMS.c.product_id, PRODUCTS.c.name, ORDER_ITEMS.c.quantity, ORDER_ITEMS.c.unit_price_cents)
    .join_from(ORDER_ITEMS, PRODUCTS)
    .where(ORDER_ITEMS.c.order_id == bindparam("order_id"))
    .order_by(ORDER_ITEMS.c.line)
)


@dataclass(frozen=True, slots=True)
class Filters:
    """What to look for; None means any. `placed_after` includes the moment, `placed_before` does not."""

    status: str | None = None
    customer_email: str | None = None
    coupon: str | None = None
    placed_after: datetime | None = None
    placed_before: datetime | None = None
    min_total_cents: int | None = None


def find_order(connection: Connection, order_id: int) -> OrderAnswer | None:
    """The order with its lines, or None."""
    row = connection.execute(_ONE, {"order_id": order_id}).first()
    if row is None:
        return None
    lines = connection.execute(_LINES, {"order_id": order_id}).tuples()
    items = [
        Item(product_id=product_id, name=name, quantity=quantity, unit_price_cents=cents)
        for product_id, name, quantity, cents in lines
    ]
    return OrderAnswer(**_shape(row), items=items)


def list_orders(connection: Connection, filters: Filters, limit: int, cursor: str | None) -> OrderPage:
    """One page; BadCursor when the cursor is none of ours. One row more than asked tells whether there is a next."""
    statement = _MANY
    if filters.status is not None:
        statement = statement.where(_O.status == filters.status)
    if filters.customer_email is not None:
        statement = statement.where(CUSTOMERS.c.email == filters.customer_email.lower())
    if filters.coupon is not None:
        statement = statement.where(_O.coupon_code == filters.coupon)
    if filters.placed_after is not None:
        statement = statement.where(_O.placed_at >= filters.placed_after)
    if filters.placed_before is not None:
        statement = statement.where(_O.placed_at < filters.placed_before)
    if filters.min_total_cents is not None:
        statement = statement.where(_O.total_cents >= filters.min_total_cents)
    if cursor is not None:
        statement = statement.where(tuple_(_O.placed_at, _O.id) < decode_moment(cursor))
    rows = connection.execute(statement, {"most": limit + 1}).all()
    page = [OrderSummary(**_shape(row)) for row in rows[:limit]]
    more = len(rows) > limit
    return OrderPage(items=page, next_cursor=encode_moment(page[-1].placed_at, page[-1].id) if more else None)


def _shape(row: Row[Any]) -> dict[str, Any]:
    return {
        "id": row.id,
        "status": row.status,
        "customer": CustomerRef(id=row.customer_id, email=row.email, name=row.name),
        "country": row.country,
        "subtotal_cents": row.subtotal_cents,
        "discount_cents": row.discount_cents,
        "tax_cents": row.tax_cents,
        "total_cents": row.total_cents,
        "currency": row.currency,
        "coupon": row.coupon_code,
        "placed_at": row.placed_at,
        "paid_at": row.paid_at,
        "payment_id": row.payment_id,
    }
