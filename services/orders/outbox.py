"""The outbox: payments to be made later, kept in the database until they are made or given up."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, func, insert, or_, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.chassis import traceparent
from services.orders.business import Purchase
from services.orders.models import Order, OutboxEntry


@dataclass(frozen=True, slots=True)
class Due:
    """A payment claimed for one attempt; `attempts` were made before."""

    entry_id: int
    purchase: Purchase
    card_token: str
    attempts: int
    traceparent: str | None


async def enqueue(session: AsyncSession, order_id: int, card_token: str) -> None:
    """Add a payment; it is part of the caller's transaction."""
    now = datetime.now(UTC)
    await session.exec(
        insert(OutboxEntry).values(
            order_id=order_id,
            card_token=card_token,
            attempts=0,
            due_at=now,
            traceparent=traceparent() or None,
            created_at=now,
        )
    )


async def claim(session: AsyncSession, limit: int, lease: timedelta) -> list[Due]:
    """Claim the oldest payments that are due, for as long as `lease`: nobody else gets them meanwhile. Commits."""
    now = datetime.now(UTC)
    due = (
        select(OutboxEntry.id)
        .where(
            col(OutboxEntry.due_at) <= now,
            or_(col(OutboxEntry.claimed_until).is_(None), col(OutboxEntry.claimed_until) < now),
        )
        .order_by(col(OutboxEntry.id))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    claimed = await session.exec(
        update(OutboxEntry)
        .where(col(OutboxEntry.id).in_(due))
        .values(claimed_until=now + lease)
        .returning(col(OutboxEntry.id))
    )
    ids = [row[0] for row in claimed]
    await session.commit()
    if not ids:
        return []
    found = await session.exec(
        select(OutboxEntry, Order).join(Order).where(col(OutboxEntry.id).in_(ids)).order_by(col(OutboxEntry.id))
    )
    return [_due(entry, order) for entry, order in found]


async def postpone(session: AsyncSession, entry_id: int, attempts: int, reason: str, pause: timedelta) -> None:
    """An attempt failed: try again after the pause. Commits."""
    await session.exec(
        update(OutboxEntry)
        .where(col(OutboxEntry.id) == entry_id)
        .values(attempts=attempts, last_reason=reason, due_at=datetime.now(UTC) + pause, claimed_until=None)
    )
    await session.commit()


async def release(session: AsyncSession, entry_ids: list[int]) -> None:
    """Give claimed payments back untried. Commits."""
    await session.exec(update(OutboxEntry).where(col(OutboxEntry.id).in_(entry_ids)).values(claimed_until=None))
    await session.commit()


async def release_all(session: AsyncSession) -> None:
    """Give everything claimed back: for a database that only one process uses, whose predecessor died. Commits."""
    await session.exec(
        update(OutboxEntry).where(col(OutboxEntry.claimed_until).is_not(None)).values(claimed_until=None)
    )
    await session.commit()


async def remove(session: AsyncSession, entry_id: int) -> None:
    """The payment has ended; the caller commits, together with how."""
    await session.exec(delete(OutboxEntry).where(col(OutboxEntry.id) == entry_id))


async def backlog(session: AsyncSession) -> tuple[int, datetime | None]:
    """How many payments wait, and since when the oldest does."""
    found = await session.exec(select(func.count(), func.min(OutboxEntry.created_at)).select_from(OutboxEntry))
    count, oldest = found.one()
    return count, oldest


def _due(entry: OutboxEntry, order: Order) -> Due:
    assert entry.id is not None
    assert order.id is not None
    purchase = Purchase(order.id, order.customer_id, order.total_cents, order.currency, order.placed_at)
    return Due(entry.id, purchase, entry.card_token, entry.attempts, entry.traceparent)
