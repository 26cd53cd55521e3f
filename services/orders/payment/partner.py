"""Calls to the partner: attempts, pauses between them, a warning for each that failed."""

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import orjson

from services.chassis import CallFailed, HttpClient, Reply, RetryBudget, log, record_span
from services.orders.payment.contracts import CONTRACTS, Booked, Charge, Contract, ContractBroken, Version
from services.orders.payment.outcomes import PaymentFailed, from_failure, from_status
from services.orders.payment.pacing import Pacer
from services.orders.settings import Orders, Settings

R = TypeVar("R")
_LONGEST_KEPT = 1000
_EVENTS = {
    "refused": "payment.refused",
    "declined": "payment.declined",
    "timeout": "payment.timeout",
    "pool_full": "payment.connection_pool_full",
    "paced": "payment.paced",
}


@dataclass(frozen=True, slots=True)
class Paid:
    """A payment taken, as the partner's answer says."""

    provider_ref: str | None
    amount_cents: int
    api_version: str
    attempts: int


def version_for(country: str, settings: Settings) -> Version:
    """The version of the API that payments of orders to this country use."""
    return "v2" if country in settings.partner_v2_countries.split(",") else settings.partner_version


class Partner:
    """The payment partner."""

    def __init__(self, service: Orders, client: HttpClient) -> None:
        self._service = service
        self._client = client
        self._pacer = Pacer()
        self._retries = RetryBudget()
        self._authorization = f"Bearer {service.boot.partner_api_key}"

    async def pay(self, charge: Charge, *, order_id: int, attempts: int | None = None) -> Paid:
        """Take a payment in up to `attempts` calls (default: partner_retries + 1); PaymentFailed otherwise."""
        settings = self._service.settings
        version = version_for(charge.country, settings)
        contract = CONTRACTS[version]

        def read(reply: Reply) -> Booked:
            _keep(reply, order_id)
            return _read(contract, charge, reply, settings)

        booked, made = await self._call(
            contract.charge_path, {}, contract.charge_body(charge), charge.key, order_id, read, attempts
        )
        return Paid(booked.provider_ref, booked.amount_cents, version, made)

    async def refund(
        self, *, order_id: int, payment_id: str, amount_cents: int, currency: str, version: str, key: str
    ) -> str | None:
        """Give the money back, by the version that took it; the refund's id at the partner, if it told one."""
        contract = CONTRACTS[version]

        def read(reply: Reply) -> str | None:
            found = _json(reply)
            return str(found["id"]) if isinstance(found, dict) and "id" in found else None

        refunded, _ = await self._call(
            contract.refund_path,
            {"payment_id": payment_id},
            contract.refund_body(amount_cents, currency),
            key,
            order_id,
            read,
            None,
        )
        return refunded

    async def _call(
        self,
        template: str,
        path: dict[str, str],
        body: dict[str, Any],
        key: str,
        order_id: int,
        read: Callable[[Reply], R],
        attempts: int | None,
    ) -> tuple[R, int]:
        """Call until it succeeds, cannot succeed, or enough attempts were made; what was read, and how many."""
        encoded = orjson.dumps(body)
        headers = {
            "Authorization": self._authorization,
            "Content-Type": "application/json",
            "Idempotency-Key": key,
        }
        made = 0
        self._retries.earn(self._service.settings.partner_retry_budget)
        while True:
            settings = self._service.settings
            made += 1
            try:
                await self._take_turn(settings)
                return read(await self._attempt(template, path, encoded, headers, made - 1, settings)), made
            except PaymentFailed as failed:
                failed.attempts = made
                _tell(failed, order_id)
                if made >= (settings.partner_retries + 1 if attempts is None else attempts) or not failed.retryable:
                    raise
                pause_s = _pause_s(failed, made, settings)
                if pause_s is None or not self._retries.spend(settings.partner_retry_budget):
                    raise
            start_s, before = time.time(), time.perf_counter()
            await asyncio.sleep(pause_s)
            record_span("retry backoff", "internal", start_s, time.perf_counter() - before, {"peer.service": "partner"})

    async def _attempt(
        self,
        template: str,
        path: dict[str, str],
        body: bytes,
        headers: dict[str, str],
        resend: int,
        settings: Settings,
    ) -> Reply:
        try:
            reply = await self._client.send(
                "POST",
                template,
                path=path,
                body=body,
                headers=headers,
                timeout_s=settings.partner_timeout_ms / 1000,
                pool_timeout_s=settings.partner_pool_timeout_ms / 1000,
                resend=resend,
            )
        except CallFailed as failed:
            raise from_failure(failed) from failed
        if reply.status >= 300:
            raise from_status(reply)
        return reply

    async def _take_turn(self, settings: Settings) -> None:
        """Wait for our own limit per second, if there is one."""
        if not settings.partner_max_rps:
            return
        wait_s = self._pacer.turn_in_s(settings.partner_max_rps, settings.partner_timeout_ms / 1000)
        if wait_s is None:
            raise PaymentFailed(
                "paced",
                "Our limit of payments per second is used up for longer than a customer should wait",
                retry_after_s=self._pacer.next_in_s(),
            )
        if wait_s > 0.001:
            start_s, before = time.time(), time.perf_counter()
            await asyncio.sleep(wait_s)
            record_span(
                "wait for payment turn", "internal", start_s, time.perf_counter() - before, {"peer.service": "partner"}
            )


def _keep(reply: Reply, order_id: int) -> None:
    """What the partner said it did, word for word: for disputes, and for whoever audits the books."""
    said = reply.body[:_LONGEST_KEPT].decode("utf-8", "replace")
    log.info(
        "payment.taken",
        f"Payment of order {order_id} taken",
        {"peer.service": "partner", "order.id": order_id, "payment.answer": said},
    )


def _read(contract: Contract, charge: Charge, reply: Reply, settings: Settings) -> Booked:
    answer = _amount_found(_json(reply), settings.partner_amount_fields.split(","))
    if settings.strict_contract:
        try:
            contract.check_charge(answer, charge)
        except ContractBroken as broken:
            raise PaymentFailed("contract", f"The payment partner's answer breaks its contract: {broken}") from broken
    return contract.read_charge(answer)


def _amount_found(answer: Any, names: Sequence[str]) -> Any:
    """The answer with its amount under `amount`, if it stands there under one of the names."""
    if not isinstance(answer, dict):
        return answer
    name = next((name for name in names if name in answer), None)
    others = {key: value for key, value in answer.items() if key != "amount"}
    return others if name is None else others | {"amount": answer[name]}


def _json(reply: Reply) -> Any:
    try:
        return reply.json()
    except ValueError:
        raise PaymentFailed("contract", "The payment partner's answer is not JSON", status=reply.status) from None


def _pause_s(failed: PaymentFailed, made: int, settings: Settings) -> float | None:
    """How long to wait before the next attempt; None when the partner asks for more patience than we have."""
    backoff_s: float = settings.partner_backoff_ms / 1000 * 2 ** (made - 1) * (0.5 + random.random() / 2)
    if not settings.partner_retry_after_respected or failed.retry_after_s is None:
        return backoff_s
    if failed.retry_after_s > settings.partner_timeout_ms / 1000:
        return None
    return max(backoff_s, failed.retry_after_s)


def _tell(failed: PaymentFailed, order_id: int) -> None:
    """One warning per failed attempt."""
    log.warn(
        _EVENTS.get(failed.reason, "payment.error"),
        str(failed),
        {
            "peer.service": "partner",
            "reason": failed.reason,
            "http.response.status_code": failed.status,
            "retry_after_s": failed.retry_after_s,
            "attempt": failed.attempts,
            "order.id": order_id,
        },
    )
