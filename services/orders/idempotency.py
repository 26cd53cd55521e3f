"""Idempotency-Key: the same request sent again is answered again, not done again.

A key is written in the transaction of its order. It is `in_progress` while the order is being paid, `done` with the
answer it keeps, or `retryable` when the answer said "try again": then the same order is paid, never a second one.
The caller commits.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, and_, bindparam, delete, insert, or_, select, update

from services.chassis import Problem
from services.orders.settling import ABANDONED_AFTER
from services.orders.tables import IDEMPOTENCY_KEYS

KEPT = timedelta(hours=24)
_LONGEST = 255
_KEY = IDEMPOTENCY_KEYS.c
_OF_KEY = _KEY.key == bindparam("of_key")

_FIND = select(_KEY.fingerprint, _KEY.state, _KEY.order_id, _KEY.status_code, _KEY.body, _KEY.locked_at).where(_OF_KEY)
_TAKE_OVER = (
    update(IDEMPOTENCY_KEYS)
    .where(
        _OF_KEY,
        or_(
            _KEY.state == "retryable",
            and_(_KEY.state == "in_progress", _KEY.locked_at < bindparam("abandoned_before")),
        ),
    )
    .values(state="in_progress", locked_at=bindparam("now"))
)
_ADD = insert(IDEMPOTENCY_KEYS)
_KEEP = (
    update(IDEMPOTENCY_KEYS)
    .where(_OF_KEY)
    .values(state="done", status_code=bindparam("status"), body=bindparam("answer"))
)
_ALLOW_RETRY = update(IDEMPOTENCY_KEYS).where(_OF_KEY).values(state="retryable")
_FORGET = delete(IDEMPOTENCY_KEYS).where(_OF_KEY)
_FORGET_OLD = delete(IDEMPOTENCY_KEYS).where(_KEY.locked_at < bindparam("before"))


@dataclass(frozen=True, slots=True)
class Kept:
    """The answer of an earlier request with this key."""

    status: int
    body: bytes
    order_id: int


def of_client(client: str, key: str) -> str:
    """The key as it is kept: two clients may choose the same. Without the gateway before us nobody says who it is."""
    kept = f"{client}:{key}" if client else key
    return kept if len(kept) <= _LONGEST else hashlib.sha256(kept.encode()).hexdigest()


def fingerprint(*parts: str) -> str:
    """What two requests must share to count as the same."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def recall(connection: Connection, key: str, fingerprint: str) -> Kept | int | None:
    """What is known of a key: the answer to give again, the number of the order to try again, or None.

    Problem 422 when it belongs to another request, 409 while that is in progress.
    """
    row = connection.execute(_FIND, {"of_key": key}).first()
    now = datetime.now(UTC)
    if row is None:
        return None
    if row.locked_at < now - KEPT:
        connection.execute(_FORGET, {"of_key": key})
        return None
    if row.fingerprint != fingerprint:
        raise Problem(
            422,
            "idempotency-key-reused",
            "Idempotency key reused",
            "This Idempotency-Key was sent with another body. Use a new key for a new order.",
        )
    if row.state == "done":
        return Kept(row.status_code, row.body.encode(), row.order_id)
    taken = connection.execute(_TAKE_OVER, {"of_key": key, "now": now, "abandoned_before": now - ABANDONED_AFTER})
    if taken.rowcount != 1:
        raise Problem(
            409,
            "request-in-progress",
            "Request in progress",
            "A request with this Idempotency-Key is still being worked on. Wait a second and send it again.",
            headers={"Retry-After": "1"},
        )
    return int(row.order_id)


def reserve(connection: Connection, key: str, fingerprint: str, order_id: int) -> None:
    """Write a new key; IntegrityError when it is taken."""
    connection.execute(
        _ADD,
        {
            "key": key,
            "fingerprint": fingerprint,
            "state": "in_progress",
            "order_id": order_id,
            "status_code": None,
            "body": None,
            "locked_at": datetime.now(UTC),
        },
    )


def keep(connection: Connection, key: str, status: int, body: bytes) -> None:
    """Keep the answer for later requests."""
    connection.execute(_KEEP, {"of_key": key, "status": status, "answer": body.decode()})


def allow_retry(connection: Connection, key: str) -> None:
    """The answer was "try again": let the same key do so."""
    connection.execute(_ALLOW_RETRY, {"of_key": key})


def forget_old(connection: Connection) -> None:
    """Delete keys older than a day."""
    connection.execute(_FORGET_OLD, {"before": datetime.now(UTC) - KEPT})
