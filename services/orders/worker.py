"""The outbox worker: pays what waits, oldest first, at the rate and concurrency that the settings allow."""

import asyncio
import random
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TypeVar

from prometheus_client import Gauge
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from services.chassis import Problem, span
from services.orders import outbox
from services.orders.business import Business
from services.orders.database import Database
from services.orders.outbox import Due
from services.orders.payment import Pacer, Paid, Partner, PaymentFailed, version_for
from services.orders.settings import Orders, Settings
from services.orders.settling import write_failed, write_paid

_LOOK_EVERY_S = 0.5
_IDLE_LOOK_EVERY_S = 5.0  # for what another process left; this one wakes us itself
_LONGEST_BACKOFF_S = 30.0
_WAIT_MS = 60_000
R = TypeVar("R")
_FINAL = frozenset({"declined", "rejected", "contract"})


class Worker:
    """Pays from the outbox until cancelled; `wake` tells it that something was put in."""

    def __init__(self, service: Orders, database: Database, partner: Partner, business: Business) -> None:
        self._service = service
        self._database = database
        self._partner = partner
        self._business = business
        self._pacer = Pacer()
        self._woken = asyncio.Event()
        self._active: set[asyncio.Task[None]] = set()
        self._paused_until = 0.0
        self._pending = 0
        self._oldest: datetime | None = None
        self._looked = 0.0
        registry = service.metrics.registry
        Gauge("orders_outbox_pending", "Orders waiting to be paid.", registry=registry).set_function(
            lambda: self._pending
        )
        Gauge(
            "orders_outbox_oldest_age_seconds", "Age of the oldest order waiting to be paid.", registry=registry
        ).set_function(self._oldest_age_s)

    def wake(self) -> None:
        """There is something to pay."""
        self._woken.set()

    async def run(self) -> None:
        """Work until cancelled; a failing database is tried again every second."""
        fresh = True
        try:
            while True:
                try:
                    if fresh and await self._database.alone():
                        await self._database.write(outbox.release_all)
                    fresh = False
                    await self._look()
                    await self._round()
                except (SQLAlchemyError, Problem) as error:
                    self._tell("outbox.failed", f"The outbox could not be read: {type(error).__name__}")
                    await asyncio.sleep(1)
        finally:
            for task in self._active:
                task.cancel()
            if self._active:
                await asyncio.gather(*self._active, return_exceptions=True)

    async def _round(self) -> None:
        """Start the payments that may start now, or wait until there may be some."""
        settings = self._service.settings
        if not self._pending:
            await self._idle(_IDLE_LOOK_EVERY_S)
            return
        paused_s = self._paused_until - time.monotonic()
        if paused_s > 0:
            await asyncio.sleep(min(paused_s, _LOOK_EVERY_S))
            return
        free = settings.outbox_concurrency - len(self._active)
        if free <= 0:
            await asyncio.wait(self._active, timeout=_LOOK_EVERY_S, return_when=asyncio.FIRST_COMPLETED)
            return
        # a batch is at most what the rate lets start within about a second
        batch = max(1, min(free, int(settings.outbox_rate_rps)))
        claimed = await self._write(lambda connection: outbox.claim(connection, batch, _lease(settings)))
        for number, due in enumerate(claimed):
            await asyncio.sleep(self._pacer.turn_in_s(self._service.settings.outbox_rate_rps) or 0)
            if time.monotonic() < self._paused_until:
                untried = [rest.entry_id for rest in claimed[number:]]
                await self._write(partial(outbox.release, entry_ids=untried))
                return
            task = asyncio.create_task(self._pay(due))
            self._active.add(task)
            task.add_done_callback(self._active.discard)
        if not claimed:
            await self._idle(0.1)

    async def _idle(self, longest_s: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(longest_s):
                await self._woken.wait()
                self._woken.clear()
                self._looked = 0.0

    async def _look(self) -> None:
        """See how much waits, now and then."""
        if time.monotonic() - self._looked < _LOOK_EVERY_S:
            return
        self._pending, self._oldest = await self._database.read(outbox.backlog, wait_ms=_WAIT_MS)
        self._looked = time.monotonic()

    def _oldest_age_s(self) -> float:
        if self._oldest is None or not self._pending:
            return 0.0
        return max(0.0, time.time() - self._oldest.timestamp())

    async def _pay(self, due: Due) -> None:
        """One attempt, as a part of the trace in which the order was placed."""
        purchase = due.purchase
        attributes = {"order.id": purchase.order_id, "payment.attempt": due.attempts + 1}
        with span(self._service.telemetry, "pay order", "consumer", attributes, parent=due.traceparent):
            charge = purchase.charge(due.card_token)
            try:
                outcome: Paid | PaymentFailed = await self._partner.pay(charge, order_id=purchase.order_id, attempts=1)
            except PaymentFailed as failed:
                outcome = failed
            try:
                await self._settle(due, outcome)
            except (SQLAlchemyError, Problem) as error:  # the claim runs out, and the payment is tried again
                self._tell("outbox.failed", f"Order {purchase.order_id} could not be settled: {type(error).__name__}")

    async def _settle(self, due: Due, outcome: Paid | PaymentFailed) -> None:
        settings = self._service.settings
        purchase, attempts, now = due.purchase, due.attempts + 1, datetime.now(UTC)
        if isinstance(outcome, PaymentFailed) and not _is_final(outcome, attempts, settings):
            await self._postpone(due, outcome, attempts)
            return

        def settle(connection: Connection) -> None:
            if isinstance(outcome, Paid):
                write_paid(connection, purchase, outcome, attempts, now)
            else:
                version = version_for(purchase.country, settings)
                write_failed(connection, purchase, outcome.reason, version, attempts, now)
            outbox.remove(connection, due.entry_id)

        await self._write(settle)
        self._pending = max(0, self._pending - 1)
        if isinstance(outcome, Paid):
            self._business.paid(purchase, paid_at=now, booked_cents=outcome.amount_cents, attempts=attempts)
        else:
            self._business.payment_failed(purchase, outcome.reason)

    async def _postpone(self, due: Due, failed: PaymentFailed, attempts: int) -> None:
        """Try again later; a partner that asks for patience gets it for all payments."""
        backoff_s = self._service.settings.partner_backoff_ms / 1000 * 2 ** min(attempts - 1, 20)
        pause_s = min(_LONGEST_BACKOFF_S, backoff_s) * (0.5 + random.random() / 2)
        if failed.retry_after_s is not None:
            pause_s = max(pause_s, failed.retry_after_s)
            self._paused_until = max(self._paused_until, time.monotonic() + failed.retry_after_s)
        pause = timedelta(seconds=pause_s)
        await self._write(lambda connection: outbox.postpone(connection, due.entry_id, attempts, failed.reason, pause))

    async def _write(self, work: Callable[[Connection], R]) -> R:
        """A payment may wait for its turn at the database."""
        return await self._database.write(work, wait_ms=_WAIT_MS)

    def _tell(self, event: str, message: str) -> None:
        self._service.telemetry.log(event, message, {}, "ERROR")


def _is_final(failed: PaymentFailed, attempts: int, settings: Settings) -> bool:
    if failed.reason in _FINAL and not failed.retryable:
        return True
    return attempts >= settings.outbox_max_attempts


def _lease(settings: Settings) -> timedelta:
    """Long enough for a turn, a connection, an answer, and writing it down."""
    slowest_ms = settings.partner_timeout_ms * 2 + settings.partner_pool_timeout_ms
    return timedelta(milliseconds=slowest_ms, seconds=30)
