"""Writing how a payment ended; the caller commits."""

from datetime import datetime

from sqlalchemy import insert, update
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from services.orders.business import Purchase
from services.orders.models import Order, Payment
from services.orders.payment import Paid


async def write_paid(session: AsyncSession, purchase: Purchase, paid: Paid, attempts: int, now: datetime) -> None:
    """The order is paid; `attempts` counts every call it took."""
    await session.exec(
        update(Order)
        .where(col(Order.id) == purchase.order_id)
        .values(status="paid", paid_at=now, payment_id=paid.provider_ref)
    )
    await session.exec(
        insert(Payment).values(
            order_id=purchase.order_id,
            status="succeeded",
            api_version=paid.api_version,
            provider_ref=paid.provider_ref,
            amount_cents=paid.amount_cents,
            attempts=attempts,
            created_at=now,
        )
    )


async def write_failed(
    session: AsyncSession, purchase: Purchase, reason: str, api_version: str, attempts: int, now: datetime
) -> None:
    """The order will not be paid."""
    await session.exec(update(Order).where(col(Order.id) == purchase.order_id).values(status="payment_failed"))
    await session.exec(
        insert(Payment).values(
            order_id=purchase.order_id,
            status="failed",
            api_version=api_version,
            amount_cents=0,
            attempts=attempts,
            reason=reason,
            created_at=now,
        )
    )
