"""Checkout: place an order and pay it, while the customer waits or, through the outbox, later."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from services.chassis import Problem
from services.orders import idempotency
from services.orders.business import Business, Purchase
from services.orders.database import Database
from services.orders.idempotency import Kept
from services.orders.models import Order
from services.orders.order_book import find_order
from services.orders.outbox import enqueue
from services.orders.payment import Charge, Paid, Partner, PaymentFailed
from services.orders.placing import pending_answer, quote, write_order
from services.orders.refusals import refusal
from services.orders.settings import Orders
from services.orders.settling import write_failed, write_paid
from services.orders.shapes import NewOrder, OrderAnswer

_ATTEMPTS_TO_WRITE = 3
_SETTLE_WAIT_MS = 60_000  # money has moved: writing it down may take its time
_RETRYABLE_STATUS = 500


@dataclass(frozen=True, slots=True)
class Answered:
    """A checkout's answer; `replayed` when an earlier one is told again."""

    status: int
    body: bytes
    order_id: int | None = None
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class _Placed:
    """An order that is written as pending and not yet paid."""

    purchase: Purchase
    order: OrderAnswer
    fresh: bool


class Checkout:
    """Places and pays orders. `wake_outbox` is told when there is work for it."""

    def __init__(
        self,
        service: Orders,
        database: Database,
        partner: Partner,
        business: Business,
        wake_outbox: Callable[[], None],
    ) -> None:
        self._service = service
        self._database = database
        self._partner = partner
        self._business = business
        self._wake_outbox = wake_outbox

    async def place(self, new: NewOrder, customer_id: str | None, key: str | None) -> Answered:
        """201 and the paid order, 202 and the pending one, or what an earlier request with `key` was answered."""
        settings = self._service.settings
        print_ = idempotency.fingerprint("POST /orders", customer_id or "", new.model_dump_json()) if key else ""
        async with self._database.session() as session:
            placed = await self._write(session, new, customer_id, key, print_, later=settings.payment_mode == "outbox")
            if isinstance(placed, Kept):
                return Answered(placed.status, placed.body, replayed=True)
            if placed.fresh:
                self._business.placed(placed.purchase)
            if settings.payment_mode == "outbox":
                self._wake_outbox()
                return Answered(202, placed.order.model_dump_json().encode(), placed.purchase.order_id)
            if settings.payment_holds_connection:
                await session.connection()
                return await self._settle(session, placed, await self._pay(placed, new), key)
        outcome = await self._pay(placed, new)
        async with self._database.session(wait_ms=_SETTLE_WAIT_MS) as session:
            return await self._settle(session, placed, outcome, key)

    async def _write(
        self,
        session: AsyncSession,
        new: NewOrder,
        customer_id: str | None,
        key: str | None,
        print_: str,
        *,
        later: bool,
    ) -> _Placed | Kept:
        """Write the pending order and what belongs to it in one transaction, or find what the key stands for."""
        for attempt in range(1, _ATTEMPTS_TO_WRITE + 1):
            try:
                quoted = await quote(session, new, customer_id)
            except Problem:  # the shop may have changed since this key was first answered
                known = await self._known(session, new, key, print_, later=later)
                if known is None:
                    raise
                return known
            try:
                purchase = await write_order(session, quoted)
                order = pending_answer(quoted, purchase)
                if key:
                    await idempotency.reserve(session, key, print_, purchase.order_id)
                await self._commit(session, purchase, order, new, key, later=later)
                return _Placed(purchase, order, fresh=True)
            except IntegrityError:  # the key is known, or somebody has just become a customer
                await session.rollback()
                known = await self._known(session, new, key, print_, later=later)
                if known is not None:
                    return known
                if attempt == _ATTEMPTS_TO_WRITE:
                    raise
        raise AssertionError("the last attempt returns or raises")

    async def _known(
        self, session: AsyncSession, new: NewOrder, key: str | None, print_: str, *, later: bool
    ) -> _Placed | Kept | None:
        """What an earlier request with the key left: its answer, or its order, made pending again."""
        found = await idempotency.recall(session, key, print_) if key else None
        if found is None or isinstance(found, Kept):
            return found
        await session.exec(update(Order).where(col(Order.id) == found).values(status="pending"))
        order = await find_order(session, found)
        assert order is not None, "a key names an order of the same transaction"
        purchase = Purchase(order.id, order.customer.id, order.total_cents, order.currency, order.placed_at)
        await self._commit(session, purchase, order, new, key, later=later)
        return _Placed(purchase, order, fresh=False)

    async def _commit(
        self,
        session: AsyncSession,
        purchase: Purchase,
        order: OrderAnswer,
        new: NewOrder,
        key: str | None,
        *,
        later: bool,
    ) -> None:
        if later:
            await enqueue(session, purchase.order_id, new.card_token)
            if key:
                await idempotency.keep(session, key, 202, order.model_dump_json().encode())
        await session.commit()

    async def _pay(self, placed: _Placed, new: NewOrder) -> Paid | PaymentFailed:
        purchase = placed.purchase
        charge = Charge(
            reference=f"order-{purchase.order_id}",
            amount_cents=purchase.total_cents,
            currency=purchase.currency,
            card_token=new.card_token,
            key=purchase.payment_key,
        )
        try:
            return await self._partner.pay(charge, order_id=purchase.order_id)
        except PaymentFailed as failed:
            return failed

    async def _settle(
        self, session: AsyncSession, placed: _Placed, outcome: Paid | PaymentFailed, key: str | None
    ) -> Answered:
        """Write down how the payment ended, and answer."""
        now, purchase = datetime.now(UTC), placed.purchase
        if isinstance(outcome, Paid):
            order = placed.order.model_copy(
                update={"status": "paid", "paid_at": now, "payment_id": outcome.provider_ref}
            )
            body = order.model_dump_json().encode()
            await write_paid(session, purchase, outcome, outcome.attempts, now)
            if key:
                await idempotency.keep(session, key, 201, body)
            await session.commit()
            self._business.paid(purchase, paid_at=now, booked_cents=outcome.amount_cents, attempts=outcome.attempts)
            return Answered(201, body, purchase.order_id)
        problem = refusal(outcome, purchase.order_id)
        await write_failed(
            session, purchase, outcome.reason, self._service.settings.partner_version, outcome.attempts, now
        )
        if key and problem.status >= _RETRYABLE_STATUS:
            await idempotency.allow_retry(session, key)
        elif key:
            await idempotency.keep(session, key, problem.status, problem.body(self._service.problem_types, "/orders"))
        await session.commit()
        self._business.payment_failed(purchase, outcome.reason)
        raise problem
