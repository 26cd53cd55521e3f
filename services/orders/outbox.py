"""The outbox: payments to be made later, kept in the database until made or given up. The caller commits."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, bindparam, delete, func, insert, or_, select, update

from services.chassis import traceparent
from services.orders.business import Purchase
from services.orders.tables import ORDERS, OUTBOX

_ENTRY = OUTBOX.c
_OF_ENTRY = _ENTRY.id == bindparam("entry_id")
_ADD = insert(OUTBOX)
# the oldest that are due and not claimed; on PostgreSQL several workers each find others (SQLite has one writer)
_CLAIM = (
    update(OUTBOX)
    .where(
        _ENTRY.id.in_(
            select(_ENTRY.id)
            .where(
                _ENTRY.due_at <= bindparam("now"),
                or_(_ENTRY.claimed_until.is_(None), _ENTRY.claimed_until < bindparam("now")),
            )
            .order_by(_ENTRY.id)
            .limit(bindparam("most"))
            .with_for_update(skip_locked=True)
        )
    )
    .values(claimed_until=bindparam("until"))
    .returning(_ENTRY.id)
)
_FIND = (
    select(
        _ENTRY.id,
        _ENTRY.card_token,
        _ENTRY.attempts,
        _ENTRY.traceparent,
        ORDERS.c.id,
        ORDERS.c.customer_id,
        ORDERS.c.total_cents,
        ORDERS.c.currency,
        ORDERS.c.placed_at,
        ORDERS.c.country,
    )
    .join_from(OUTBOX, ORDERS)
    .where(_ENTRY.id.in_(bindparam("ids", expanding=True)))
    .order_by(_ENTRY.id)
)
_POSTPONE = (
    update(OUTBOX)
    .where(_OF_ENTRY)
    .values(attempts=bindparam("made"), last_reason=bindparam("why"), due_at=bindparam("due"), claimed_until=None)
)
_RELEASE = update(OUTBOX).where(_ENTRY.id.in_(bindparam("ids", expanding=True))).values(claimed_until=None)
_RELEASE_ALL = update(OUTBOX).where(_ENTRY.claimed_until.is_not(None)).values(claimed_until=None)
_REMOVE = delete(OUTBOX).where(_OF_ENTRY)
_BACKLOG = select(func.count(), func.min(_ENTRY.created_at)).select_from(OUTBOX)


@dataclass(frozen=True, slots=True)
class Due:
    """A payment claimed for one attempt; `attempts` were made before."""

    entry_id: int
    purchase: Purchase
    card_token: str
    attempts: int
    traceparent: str | None


def enqueue(connection: Connection, order_id: int, card_token: str) -> None:
    """Add a payment; it is part of the transaction that places the order."""
    now = datetime.now(UTC)
    connection.execute(
        _ADD,
        {
            "order_id": order_id,
            "card_token": card_token,
            "attempts": 0,
            "due_at": now,
            "claimed_until": None,
            "last_reason": None,
            "traceparent": traceparent() or None,
            "created_at": now,
        },
    )


def claim(connection: Connection, most: int, lease: timedelta) -> list[Due]:
    """Claim the oldest payments that are due, for as long as `lease`: nobody else gets them meanwhile."""
    now = datetime.now(UTC)
    claimed = connection.execute(_CLAIM, {"now": now, "most": most, "until": now + lease})
    ids = [row[0] for row in claimed]
    if not ids:
        return []
    rows = connection.execute(_FIND, {"ids": ids}).tuples()
    return [
        Due(entry_id, Purchase(*order), card_token, attempts, parent)
        for entry_id, card_token, attempts, parent, *order in rows
    ]


def postpone(connection: Connection, entry_id: int, attempts: int, reason: str, pause: timedelta) -> None:
    """An attempt failed: try again after the pause."""
    due = datetime.now(UTC) + pause
    connection.execute(_POSTPONE, {"entry_id": entry_id, "made": attempts, "why": reason, "due": due})


def release(connection: Connection, entry_ids: list[int]) -> None:
    """Give claimed payments back untried."""
    connection.execute(_RELEASE, {"ids": entry_ids})


def release_all(connection: Connection) -> None:
    """Give everything claimed back: for the only process that uses this database, whose predecessor died."""
    connection.execute(_RELEASE_ALL)


def remove(connection: Connection, entry_id: int) -> None:
    """The payment has ended."""
    connection.execute(_REMOVE, {"entry_id": entry_id})


def backlog(connection: Connection) -> tuple[int, datetime | None]:
    """How many payments wait, and since when the oldest does."""
    count, oldest = connection.execute(_BACKLOG).tuples().one()
    return count, oldest
