"""Finding orders: one by its number, many by filters, newest first."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import tuple_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.orders.cursors import decode_moment, encode_moment
from services.orders.models import Customer, Order, OrderItem, Product
from services.orders.shapes import OrderAnswer, OrderPage, OrderSummary

_COLUMNS = (
    Order.id,
    Order.status,
    Order.country,
    Order.subtotal_cents,
    Order.discount_cents,
    Order.tax_cents,
    Order.total_cents,
    Order.currency,
    Order.coupon_code,
    Order.placed_at,
    Order.paid_at,
    Order.payment_id,
    Order.customer_id,
    Customer.email,
    Customer.name,
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


async def find_order(session: AsyncSession, order_id: int) -> OrderAnswer | None:
    """The order with its lines, or None."""
    found = await session.exec(_orders().where(col(Order.id) == order_id))
    row = found.first()
    if row is None:
        return None
    lines = await session.exec(
        select(OrderItem.product_id, Product.name, OrderItem.quantity, OrderItem.unit_price_cents)
        .join(Product)
        .where(col(OrderItem.order_id) == order_id)
        .order_by(col(OrderItem.line))
    )
    items = [
        {"product_id": product_id, "name": name, "quantity": quantity, "unit_price_cents": cents}
        for product_id, name, quantity, cents in lines
    ]
    return OrderAnswer.model_validate(_shape(row) | {"items": items})


async def list_orders(session: AsyncSession, filters: Filters, limit: int, cursor: str | None) -> OrderPage:
    """One page; BadCursor when the cursor is none of ours. One row more than asked tells whether there is a next."""
    statement = _orders()
    if filters.status is not None:
        statement = statement.where(col(Order.status) == filters.status)
    if filters.customer_email is not None:
        statement = statement.where(col(Customer.email) == filters.customer_email.lower())
    if filters.coupon is not None:
        statement = statement.where(col(Order.coupon_code) == filters.coupon)
    if filters.placed_after is not None:
        statement = statement.where(col(Order.placed_at) >= filters.placed_after)
    if filters.placed_before is not None:
        statement = statement.where(col(Order.placed_at) < filters.placed_before)
    if filters.min_total_cents is not None:
        statement = statement.where(col(Order.total_cents) >= filters.min_total_cents)
    if cursor is not None:
        statement = statement.where(tuple_(col(Order.placed_at), col(Order.id)) < decode_moment(cursor))
    statement = statement.order_by(col(Order.placed_at).desc(), col(Order.id).desc()).limit(limit + 1)
    rows = (await session.exec(statement)).all()
    more = len(rows) > limit
    page = [OrderSummary.model_validate(_shape(row)) for row in rows[:limit]]
    return OrderPage(items=page, next_cursor=encode_moment(page[-1].placed_at, page[-1].id) if more else None)


def _orders() -> Any:
    return select(*_COLUMNS).join(Customer)  # type: ignore[call-overload]  # 15 columns: beyond its overloads


def _shape(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "status": row.status,
        "customer": {"id": row.customer_id, "email": row.email, "name": row.name},
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
