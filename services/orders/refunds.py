"""Refunds: the whole order's money goes back, once."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, and_, bindparam, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from services.chassis import Problem
from services.orders.business import Business
from services.orders.database import Database
from services.orders.payment import Partner, PaymentFailed
from services.orders.refusals import refund_refusal
from services.orders.settings import Orders
from services.orders.settling import ABANDONED_AFTER, SETTLE_WAIT_MS
from services.orders.shapes import RefundAnswer
from services.orders.tables import ORDERS, PAYMENTS, REFUNDS

_OF_ORDER = REFUNDS.c.order_id == bindparam("of_order")
_FIND = (
    select(
        ORDERS.c.id,
        ORDERS.c.customer_id,
        ORDERS.c.status,
        ORDERS.c.total_cents,
        ORDERS.c.currency,
        ORDERS.c.payment_id,
        PAYMENTS.c.api_version,
    )
    .outerjoin_from(ORDERS, PAYMENTS, and_(PAYMENTS.c.order_id == ORDERS.c.id, PAYMENTS.c.status == "succeeded"))
    .where(ORDERS.c.id == bindparam("of_order"))
    .order_by(PAYMENTS.c.id.desc())
)
_ADD = insert(REFUNDS)
_TAKE_OVER = (
    update(REFUNDS)
    .where(
        _OF_ORDER,
        or_(
            REFUNDS.c.status == "failed",
            and_(REFUNDS.c.status == "pending", REFUNDS.c.created_at < bindparam("abandoned_before")),
        ),
    )
    .values(status="pending", reason=bindparam("why"), created_at=bindparam("now"))
)
_FAIL = update(REFUNDS).where(_OF_ORDER).values(status="failed")
_SUCCEED = update(REFUNDS).where(_OF_ORDER).values(status="succeeded", provider_ref=bindparam("ref"))
_MARK_ORDER = update(ORDERS).where(ORDERS.c.id == bindparam("of_order")).values(status="refunded")


@dataclass(frozen=True, slots=True)
class _Reserved:
    """A refund that is under way."""

    order_id: int
    customer_id: str
    amount_cents: int
    currency: str
    payment_id: str
    api_version: str
    reason: str | None
    began: datetime


class Refunds:
    """Refunds orders at the partner."""

    def __init__(self, service: Orders, database: Database, partner: Partner, business: Business) -> None:
        self._service = service
        self._database = database
        self._partner = partner
        self._business = business

    async def refund(self, order_id: int, reason: str | None) -> RefundAnswer | None:
        """Give an order's money back; None when there is no such order, Problem when it cannot be refunded."""
        holds = self._service.settings.payment_holds_connection

        def reserve(session: Session) -> _Reserved | None:
            reserved = _reserve(session, order_id, reason)
            if holds:
                session.connection()
            return reserved

        async with self._database.lease() as session:
            reserved = await session.run_sync(reserve)
            if reserved is None:
                return None
            if holds:
                return await session.run_sync(self._settle, reserved, await self._give_back(reserved))
        outcome = await self._give_back(reserved)
        async with self._database.lease(wait_ms=SETTLE_WAIT_MS) as session:
            return await session.run_sync(self._settle, reserved, outcome)

    async def _give_back(self, reserved: _Reserved) -> str | PaymentFailed | None:
        try:
            return await self._partner.refund(
                order_id=reserved.order_id,
                payment_id=reserved.payment_id,
                amount_cents=reserved.amount_cents,
                currency=reserved.currency,
                version=reserved.api_version,
                key=f"refund-{reserved.order_id}-{reserved.payment_id}",
            )
        except PaymentFailed as failed:
            return failed

    def _settle(self, session: Session, reserved: _Reserved, outcome: str | PaymentFailed | None) -> RefundAnswer:
        connection = session.connection()
        if isinstance(outcome, PaymentFailed):
            connection.execute(_FAIL, {"of_order": reserved.order_id})
            session.commit()
            raise refund_refusal(outcome, reserved.order_id)
        connection.execute(_SUCCEED, {"of_order": reserved.order_id, "ref": outcome})
        connection.execute(_MARK_ORDER, {"of_order": reserved.order_id})
        session.commit()
        self._business.refunded(reserved.order_id, reserved.customer_id, reserved.amount_cents)
        return RefundAnswer(
            order_id=reserved.order_id,
            status="succeeded",
            amount_cents=reserved.amount_cents,
            currency=reserved.currency,
            reason=reserved.reason,
            refund_id=outcome,
            created_at=reserved.began,
        )


def _reserve(session: Session, order_id: int, reason: str | None) -> _Reserved | None:
    """Write that a refund is under way, so that there is never a second."""
    found = _refundable(session.connection(), order_id, reason)
    if found is None:
        return None
    row = {
        "order_id": order_id,
        "status": "pending",
        "amount_cents": found.amount_cents,
        "reason": reason,
        "provider_ref": None,
        "created_at": found.began,
    }
    try:
        session.connection().execute(_ADD, row)
    except IntegrityError:
        session.rollback()
        values = {"of_order": order_id, "why": reason, "now": found.began}
        again = session.connection().execute(_TAKE_OVER, values | {"abandoned_before": found.began - ABANDONED_AFTER})
        if again.rowcount != 1:
            raise Problem(
                409,
                "refund-in-progress",
                "Refund in progress",
                f"Order {order_id} is being refunded right now. Look it up in a second.",
                headers={"Retry-After": "1"},
            ) from None
    session.commit()
    return found


def _refundable(connection: Connection, order_id: int, reason: str | None) -> _Reserved | None:
    """The paid order; None when there is none, Problem 409 when its money cannot go back."""
    order = connection.execute(_FIND, {"of_order": order_id}).first()
    if order is None:
        return None
    if order.status == "refunded":
        raise Problem(
            409, "already-refunded", "Already refunded", f"Order {order_id} was refunded before. Nothing is left to do."
        )
    if order.status != "paid":
        raise Problem(
            409,
            "not-paid",
            "Not paid",
            f"Order {order_id} is {order.status}; only a paid order can be refunded. Look it up.",
        )
    if order.payment_id is None:
        raise Problem(
            409,
            "payment-unknown",
            "Payment unknown",
            f"Nobody knows under which id order {order_id} was paid. Refund it by bank transfer.",
        )
    return _Reserved(
        order_id=order_id,
        customer_id=order.customer_id,
        amount_cents=order.total_cents,
        currency=order.currency,
        payment_id=order.payment_id,
        api_version=order.api_version or "v1",
        reason=reason,
        began=datetime.now(UTC),
    )
