"""What the business sees: an event and a count for every order placed, paid, lost, refunded."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from prometheus_client import Counter

from services.chassis import log
from services.orders.payment import Charge
from services.orders.settings import Orders


@dataclass(frozen=True, slots=True)
class Purchase:
    """An order as far as paying and telling of it needs."""

    order_id: int
    customer_id: str
    total_cents: int
    currency: str
    placed_at: datetime
    country: str
    coupon: str | None = None

    @property
    def payment_key(self) -> str:
        """The same for every attempt to pay this order, and for no other order ever."""
        return f"order-{self.order_id}-{int(self.placed_at.timestamp() * 1_000_000):x}"

    def charge(self, card_token: str) -> Charge:
        """What the partner is asked to take from this card."""
        return Charge(
            reference=f"order-{self.order_id}",
            amount_cents=self.total_cents,
            currency=self.currency,
            card_token=card_token,
            key=self.payment_key,
            country=self.country,
        )

    def described(self) -> dict[str, Any]:
        """As attributes of a log event."""
        return {
            "order.id": self.order_id,
            "order.total_cents": self.total_cents,
            "order.country": self.country,
            "customer.id": self.customer_id,
            "order.placed_at": self.placed_at.timestamp(),
        }


class Business:
    """Events and counters of one service."""

    def __init__(self, service: Orders) -> None:
        registry = service.metrics.registry
        self._placed = Counter("orders_placed", "Orders placed.", registry=registry)
        self._paid = Counter("orders_paid", "Orders paid.", registry=registry)
        self._failed = Counter("orders_payment_failed", "Orders whose payment failed for good.", registry=registry)
        self._revenue = Counter("orders_revenue_cents", "Payments booked, in cents.", registry=registry)

    def placed(self, purchase: Purchase) -> None:
        """An order was taken; it is not paid yet."""
        self._placed.inc()
        described = purchase.described() | {"order.coupon": purchase.coupon}
        log.info("order.placed", f"Order {purchase.order_id} placed", described)

    def paid(self, purchase: Purchase, *, paid_at: datetime, booked_cents: int, attempts: int) -> None:
        """An order was paid; `booked_cents` is the amount the partner's answer told."""
        self._paid.inc()
        self._revenue.inc(max(0, booked_cents))
        log.info(
            "order.paid",
            f"Order {purchase.order_id} paid",
            {
                **purchase.described(),
                "paid_after_ms": round((paid_at - purchase.placed_at).total_seconds() * 1000, 1),
                "payment.amount_cents": booked_cents,
                "payment.attempts": attempts,
            },
        )

    def payment_failed(self, purchase: Purchase, reason: str) -> None:
        """An order will not be paid."""
        self._failed.inc()
        log.error(
            "order.payment_failed",
            f"Order {purchase.order_id} not paid: {reason}",
            {**purchase.described(), "reason": reason},
        )

    def refunded(self, order_id: int, customer_id: str, amount_cents: int) -> None:
        """Money went back."""
        log.info(
            "order.refunded",
            f"Order {order_id} refunded",
            {"order.id": order_id, "customer.id": customer_id, "order.total_cents": amount_cents},
        )
