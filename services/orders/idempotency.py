"""Idempotency-Key: the same request sent again is answered again, not done again.

A key is written in the transaction of its order. It is `in_progress` while the order is being paid, `done` with the
answer it keeps, or `retryable` when the answer said "try again": then the same order is paid, never a second one.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import and_, delete, insert, or_, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.chassis import Problem
from services.orders.models import IdempotencyKey

KEPT = timedelta(hours=24)
_ABANDONED_AFTER = timedelta(seconds=90)  # whoever worked on it has died


@dataclass(frozen=True, slots=True)
class Kept:
    """The answer of an earlier request with this key."""

    status: int
    body: bytes


def fingerprint(*parts: str) -> str:
    """What two requests must share to count as the same."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


async def recall(session: AsyncSession, key: str, print_: str) -> Kept | int | None:
    """What is known of a key: the answer to give again, the number of the order to try again, or None.

    Problem 422 when it belongs to another request, 409 while that is in progress.
    """
    row = (await session.exec(select(IdempotencyKey).where(col(IdempotencyKey.key) == key))).first()
    now = datetime.now(UTC)
    if row is None:
        return None
    if row.locked_at < now - KEPT:
        await session.exec(delete(IdempotencyKey).where(col(IdempotencyKey.key) == key))
        await session.commit()
        return None
    if row.fingerprint != print_:
        raise Problem(
            422,
            "idempotency-key-reused",
            "Idempotency key reused",
            "This Idempotency-Key was sent with another body. Use a new key for a new order.",
        )
    if row.state == "done" and row.status_code is not None and row.body is not None:
        return Kept(row.status_code, row.body.encode())
    taken = await session.exec(
        update(IdempotencyKey)
        .where(
            col(IdempotencyKey.key) == key,
            or_(
                col(IdempotencyKey.state) == "retryable",
                and_(
                    col(IdempotencyKey.state) == "in_progress",
                    col(IdempotencyKey.locked_at) < now - _ABANDONED_AFTER,
                ),
            ),
        )
        .values(state="in_progress", locked_at=now)
    )
    if taken.rowcount != 1 or row.order_id is None:
        raise Problem(
            409,
            "request-in-progress",
            "Request in progress",
            "A request with this Idempotency-Key is still being worked on. Wait a second and send it again.",
            headers={"Retry-After": "1"},
        )
    return row.order_id


async def reserve(session: AsyncSession, key: str, print_: str, order_id: int) -> None:
    """Write a new key; IntegrityError when it is taken. The caller commits."""
    await session.exec(
        insert(IdempotencyKey).values(
            key=key, fingerprint=print_, state="in_progress", order_id=order_id, locked_at=datetime.now(UTC)
        )
    )


async def keep(session: AsyncSession, key: str, status: int, body: bytes) -> None:
    """Keep the answer for later requests. The caller commits."""
    await session.exec(
        update(IdempotencyKey)
        .where(col(IdempotencyKey.key) == key)
        .values(state="done", status_code=status, body=body.decode())
    )


async def allow_retry(session: AsyncSession, key: str) -> None:
    """The answer was "try again": let the same key do so. The caller commits."""
    await session.exec(update(IdempotencyKey).where(col(IdempotencyKey.key) == key).values(state="retryable"))


async def forget_old(session: AsyncSession) -> None:
    """Delete keys older than a day."""
    await session.exec(delete(IdempotencyKey).where(col(IdempotencyKey.locked_at) < datetime.now(UTC) - KEPT))
    await session.commit()
