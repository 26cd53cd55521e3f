"""Refunds: the whole order's money goes back, once."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import insert, or_, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.chassis import Problem
from services.orders.business import Business
from services.orders.database import Database
from services.orders.models import Order, Payment, Refund
from services.orders.payment import Partner, PaymentFailed
from services.orders.refusals import refund_refusal
from services.orders.settings import Orders
from services.orders.shapes import RefundAnswer

_SETTLE_WAIT_MS = 60_000
_ABANDONED_AFTER = timedelta(seconds=90)  # whoever worked on it has died


@dataclass(frozen=True, slots=True)
class _Paid:
    """What is to go back."""

    order_id: int
    customer_id: str
    amount_cents: int
    currency: str
    payment_id: str
    api_version: str


class Refunds:
    """Refunds orders at the partner."""

    def __init__(self, service: Orders, database: Database, partner: Partner, business: Business) -> None:
        self._service = service
        self._database = database
        self._partner = partner
        self._business = business

    async def refund(self, order_id: int, reason: str | None) -> RefundAnswer | None:
        """Give an order's money back; None when there is no such order, Problem when it cannot be refunded."""
        async with self._database.session() as session:
            paid = await _refundable(session, order_id)
            if paid is None:
                return None
            began = datetime.now(UTC)
            await _reserve(session, paid, reason, began)
            if self._service.settings.payment_holds_connection:
                await session.connection()
                return await self._settle(session, paid, reason, began, await self._give_back(paid))
        outcome = await self._give_back(paid)
        async with self._database.session(wait_ms=_SETTLE_WAIT_MS) as session:
            return await self._settle(session, paid, reason, began, outcome)

    async def _give_back(self, paid: _Paid) -> str | PaymentFailed | None:
        try:
            return await self._partner.refund(
                order_id=paid.order_id,
                payment_id=paid.payment_id,
                amount_cents=paid.amount_cents,
                currency=paid.currency,
                version=paid.api_version,
                key=f"refund-{paid.order_id}-{paid.payment_id}",
            )
        except PaymentFailed as failed:
            return failed

    async def _settle(
        self,
        session: AsyncSession,
        paid: _Paid,
        reason: str | None,
        began: datetime,
        outcome: str | PaymentFailed | None,
    ) -> RefundAnswer:
        if isinstance(outcome, PaymentFailed):
            await session.exec(update(Refund).where(col(Refund.order_id) == paid.order_id).values(status="failed"))
            await session.commit()
            raise refund_refusal(outcome, paid.order_id)
        await session.exec(
            update(Refund).where(col(Refund.order_id) == paid.order_id).values(status="succeeded", provider_ref=outcome)
        )
        await session.exec(update(Order).where(col(Order.id) == paid.order_id).values(status="refunded"))
        await session.commit()
        self._business.refunded(paid.order_id, paid.customer_id, paid.amount_cents)
        return RefundAnswer(
            order_id=paid.order_id,
            status="succeeded",
            amount_cents=paid.amount_cents,
            currency=paid.currency,
            reason=reason,
            refund_id=outcome,
            created_at=began,
        )


async def _refundable(session: AsyncSession, order_id: int) -> _Paid | None:
    """The paid order; None when there is none, Problem 409 when its money cannot go back."""
    found = await session.exec(
        select(Order, Payment.api_version)
        .join(Payment, (col(Payment.order_id) == col(Order.id)) & (col(Payment.status) == "succeeded"), isouter=True)
        .where(col(Order.id) == order_id)
        .order_by(col(Payment.id).desc())
    )
    row = found.first()
    if row is None:
        return None
    order, api_version = row
    if order.status == "refunded":
        raise Problem(
            409, "already-refunded", "Already refunded", f"Order {order_id} was refunded before. Nothing is left to do."
        )
    if order.status != "paid":
        raise Problem(
            409,
            "not-paid",
            "Not paid",
            f"Order {order_id} is {order.status}; only a paid order can be refunded. Look at GET /orders/{order_id}.",
        )
    if order.payment_id is None:
        raise Problem(
            409,
            "payment-unknown",
            "Payment unknown",
            f"Nobody knows under which id order {order_id} was paid. Refund it by bank transfer.",
        )
    return _Paid(order_id, order.customer_id, order.total_cents, order.currency, order.payment_id, api_version or "v1")


async def _reserve(session: AsyncSession, paid: _Paid, reason: str | None, now: datetime) -> None:
    """Write that a refund is under way, so that there is never a second; commits."""
    try:
        await session.exec(
            insert(Refund).values(
                order_id=paid.order_id,
                status="pending",
                amount_cents=paid.amount_cents,
                reason=reason,
                created_at=now,
            )
        )
    except IntegrityError:
        await session.rollback()
        again = await session.exec(
            update(Refund)
            .where(
                col(Refund.order_id) == paid.order_id,
                or_(
                    col(Refund.status) == "failed",
                    (col(Refund.status) == "pending") & (col(Refund.created_at) < now - _ABANDONED_AFTER),
                ),
            )
            .values(status="pending", reason=reason, created_at=now)
        )
        if again.rowcount != 1:
            raise Problem(
                409,
                "refund-in-progress",
                "Refund in progress",
                f"Order {paid.order_id} is being refunded right now. Look at GET /orders/{paid.order_id} in a second.",
                headers={"Retry-After": "1"},
            ) from None
    await session.commit()
