"""Checkout: place an order and pay it, while the customer waits or, through the outbox, later."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, bindparam, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from services.chassis import Problem
from services.orders import idempotency
from services.orders.business import Business, Purchase
from services.orders.database import Database
from services.orders.idempotency import Kept
from services.orders.order_book import find_order
from services.orders.outbox import enqueue
from services.orders.payment import Paid, Partner, PaymentFailed, version_for
from services.orders.placing import pending_answer, quote, write_order
from services.orders.refusals import refusal
from services.orders.settings import Orders
from services.orders.settling import SETTLE_WAIT_MS, write_failed, write_paid
from services.orders.shapes import NewOrder, OrderAnswer
from services.orders.tables import ORDERS

_ATTEMPTS_TO_WRITE = 3
_MAKE_PENDING = update(ORDERS).where(ORDERS.c.id == bindparam("order_id")).values(status="pending")


@dataclass(frozen=True, slots=True)
class Answered:
    """A checkout's answer; `replayed` when an earlier one is told again."""

    status: int
    body: bytes
    order_id: int
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class _Asked:
    """One checkout as asked for; `later` when the outbox shall pay it."""

    new: NewOrder
    customer_id: str | None
    key: str | None
    fingerprint: str
    later: bool


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
        later, holds = settings.payment_mode == "outbox", settings.payment_holds_connection
        print_ = idempotency.fingerprint("POST /orders", customer_id or "", new.model_dump_json()) if key else ""
        asked = _Asked(new, customer_id, key, print_, later)

        def write(session: Session) -> _Placed | Kept:
            placed = _write(session, asked)
            if holds and not later:
                session.connection()  # the commit gave it back: take it again, and keep it while the partner works
            return placed

        async with self._database.lease() as session:
            placed = await session.run_sync(write)
            if isinstance(placed, Kept):
                return Answered(placed.status, placed.body, placed.order_id, replayed=True)
            if placed.fresh:
                self._business.placed(placed.purchase)
            if later:
                self._wake_outbox()
                return Answered(202, placed.order.model_dump_json().encode(), placed.purchase.order_id)
            if holds:
                outcome = await self._pay(placed, new)
                return await session.run_sync(self._settle, placed, outcome, key)
        outcome = await self._pay(placed, new)
        async with self._database.lease(wait_ms=SETTLE_WAIT_MS) as session:
            return await session.run_sync(self._settle, placed, outcome, key)

    async def _pay(self, placed: _Placed, new: NewOrder) -> Paid | PaymentFailed:
        purchase = placed.purchase
        try:
            return await self._partner.pay(purchase.charge(new.card_token), order_id=purchase.order_id)
        except PaymentFailed as failed:
            return failed

    def _settle(self, session: Session, placed: _Placed, outcome: Paid | PaymentFailed, key: str | None) -> Answered:
        """Write down how the payment ended, and answer; a failed one as Problem."""
        connection, now, purchase = session.connection(), datetime.now(UTC), placed.purchase
        if isinstance(outcome, Paid):
            order = placed.order.model_copy(
                update={"status": "paid", "paid_at": now, "payment_id": outcome.provider_ref}
            )
            body = order.model_dump_json().encode()
            write_paid(connection, purchase, outcome, outcome.attempts, now)
            if key:
                idempotency.keep(connection, key, 201, body)
            session.commit()
            self._business.paid(purchase, paid_at=now, booked_cents=outcome.amount_cents, attempts=outcome.attempts)
            return Answered(201, body, purchase.order_id)
        problem = refusal(outcome, purchase.order_id)
        version = version_for(purchase.country, self._service.settings)
        write_failed(connection, purchase, outcome.reason, version, outcome.attempts, now)
        if key and problem.status >= 500:
            idempotency.allow_retry(connection, key)
        elif key:
            idempotency.keep(connection, key, problem.status, problem.body(self._service.problem_types, "/orders"))
        session.commit()
        self._business.payment_failed(purchase, outcome.reason)
        raise problem


def _write(session: Session, asked: _Asked) -> _Placed | Kept:
    """Write the pending order and what belongs to it in one transaction, or find what the key stands for."""
    for attempt in range(1, _ATTEMPTS_TO_WRITE + 1):
        connection = session.connection()
        try:
            quoted = quote(connection, asked.new, asked.customer_id)
        except Problem:  # the shop may have changed since this key was first answered
            known = _known(session, asked)
            if known is None:
                raise
            return known
        try:
            purchase = write_order(connection, quoted)
            order = pending_answer(quoted, purchase)
            if asked.key:
                idempotency.reserve(connection, asked.key, asked.fingerprint, purchase.order_id)
            _commit(session, purchase, order, asked)
            return _Placed(purchase, order, fresh=True)
        except IntegrityError:  # the key is known, or somebody has just become a customer
            session.rollback()
            known = _known(session, asked)
            if known is not None:
                return known
            if attempt == _ATTEMPTS_TO_WRITE:
                raise
    raise AssertionError("the last attempt returns or raises")


def _known(session: Session, asked: _Asked) -> _Placed | Kept | None:
    """What an earlier request with the key left: its answer, or its order, made pending again."""
    connection: Connection = session.connection()
    found = idempotency.recall(connection, asked.key, asked.fingerprint) if asked.key else None
    if not isinstance(found, int):
        session.commit()
        return found
    connection.execute(_MAKE_PENDING, {"order_id": found})
    order = find_order(connection, found)
    assert order is not None, "a key and its order are written in one transaction"
    purchase = Purchase(order.id, order.customer.id, order.total_cents, order.currency, order.placed_at, order.country)
    _commit(session, purchase, order, asked)
    return _Placed(purchase, order, fresh=False)


def _commit(session: Session, purchase: Purchase, order: OrderAnswer, asked: _Asked) -> None:
    if asked.later:
        enqueue(session.connection(), purchase.order_id, asked.new.card_token)
        if asked.key:
            idempotency.keep(session.connection(), asked.key, 202, order.model_dump_json().encode())
    session.commit()
