"""Writing how a payment ended; the caller commits."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, insert, update

from services.orders.business import Purchase
from services.orders.payment import Paid
from services.orders.tables import ORDERS, PAYMENTS

SETTLE_WAIT_MS = 60_000  # money has moved: writing it down may take its time
ABANDONED_AFTER = timedelta(seconds=90)  # whoever was to settle it has died
_PAY_ORDER = (
    update(ORDERS)
    .where(ORDERS.c.id == bindparam("order_id"))
    .values(status="paid", paid_at=bindparam("now"), payment_id=bindparam("provider_ref"))
)
_FAIL_ORDER = update(ORDERS).where(ORDERS.c.id == bindparam("order_id")).values(status="payment_failed")
_ADD_PAYMENT = insert(PAYMENTS)


def write_paid(connection: Connection, purchase: Purchase, paid: Paid, attempts: int, now: datetime) -> None:
    """The order is paid; `attempts` counts every call it took."""
    connection.execute(_PAY_ORDER, {"order_id": purchase.order_id, "now": now, "provider_ref": paid.provider_ref})
    connection.execute(
        _ADD_PAYMENT,
        {
            "order_id": purchase.order_id,
            "status": "succeeded",
            "api_version": paid.api_version,
            "provider_ref": paid.provider_ref,
            "amount_cents": paid.amount_cents,
            "attempts": attempts,
            "reason": None,
            "created_at": now,
        },
    )


def write_failed(
    connection: Connection, purchase: Purchase, reason: str, api_version: str, attempts: int, now: datetime
) -> None:
    """The order will not be paid."""
    connection.execute(_FAIL_ORDER, {"order_id": purchase.order_id})
    connection.execute(
        _ADD_PAYMENT,
        {
            "order_id": purchase.order_id,
            "status": "failed",
            "api_version": api_version,
            "provider_ref": None,
            "amount_cents": 0,
            "attempts": attempts,
            "reason": reason,
            "created_at": now,
        },
    )
