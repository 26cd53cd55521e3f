"""Business numbers: what a checkout became, from the gateway's spans and the orders service's events.

An attempt is a `POST /api/v1/orders` that the gateway answered and that was not the caller's own mistake. It is lost
when it ended in an error or a 429, or when it was accepted (202) and its payment failed later. Rows are taken out of
the records as they arrive, so that evicted records do not change the numbers.
"""

import sqlite3
from typing import Any

from lab.telemetry.model import NO_VALUE, Business, Log, OrdersStep, Span
from lab.telemetry.series import Outcome, SeriesKey
from lab.telemetry.times import whole_ms
from lab.telemetry.words import as_number

CHECKOUT = SeriesKey("gateway", "", "POST /api/v1/orders", "")
CALLERS_MISTAKES = (400, 401, 403, 404, 409, 415, 422)
EVENTS = {"order.placed": "placed", "order.paid": "paid", "order.payment_failed": "failed"}
_LONGEST_CHECKOUT_MS = 60_000  # nobody waits longer for the answer to a checkout
_SETTLED_MS = 2000  # a failed payment's own checkout has been reported by then

Row = tuple[Any, ...]

_INSERT_CHECKOUT = "INSERT INTO checkouts(end_ms, start_ms, status, customer, trace) VALUES(?,?,?,?,?)"
_INSERT_EVENT = (  # an order is placed, paid, failed once: what is reported again is not counted again
    "INSERT OR IGNORE INTO order_events(event, time_ms, placed_ms, paid_after_ms, cents, order_id, customer, trace) "
    "VALUES(?,?,?,?,?,?,?,?)"
)
_MARK_DONE = "UPDATE order_events SET done_ms = min(coalesce(done_ms, ?1), ?1) WHERE order_id = ?2 AND event = 'placed'"
# A payment that failed while its checkout still waited is known from the checkout itself.
_MARK_KNOWN = (
    "UPDATE order_events SET known = 1 WHERE event = 'failed' AND trace = ?1 "
    "AND EXISTS (SELECT 1 FROM checkouts WHERE trace = ?1 AND status <> 202)"
)

_IS_ATTEMPT = f"status NOT IN {CALLERS_MISTAKES}"
_IS_LOST = "(status >= 500 OR status IN (0, 429))"

# An order belongs to the checkout it came from, by its trace: it was placed a moment later, maybe beyond the window.
_PAID_IN_TIME = (
    "SELECT count(*) FROM order_events d "  # noqa: S608 - constants of this module
    "LEFT JOIN order_events p ON p.order_id = d.order_id AND p.event = 'placed' "
    "LEFT JOIN checkouts c ON c.trace = p.trace "
    f"WHERE d.event = 'paid' AND d.placed_ms >= :start AND d.placed_ms < :end + {_LONGEST_CHECKOUT_MS} "
    "AND d.paid_after_ms <= :within AND coalesce(c.start_ms, d.placed_ms) BETWEEN :start AND :end - 1"
)
# A window cut into steps, by name: start, end, step (ms) and settled, before which a failed payment counts anyway.
_ATTEMPTS_BY_STEP = (
    "SELECT (end_ms - :start) / :step, count(*) FROM checkouts "  # noqa: S608 - constants of this module
    f"WHERE end_ms >= :start AND end_ms < :end AND {_IS_ATTEMPT} GROUP BY 1"
)
_LOST_BY_STEP = (
    "SELECT (end_ms - :start) / :step, count(*) FROM checkouts "  # noqa: S608 - constants of this module
    f"WHERE end_ms >= :start AND end_ms < :end AND {_IS_ATTEMPT} AND {_IS_LOST} GROUP BY 1"
)
_PAID_BY_STEP = (
    "SELECT (time_ms - :start) / :step, count(*) FROM order_events "
    "WHERE event = 'paid' AND time_ms >= :start AND time_ms < :end GROUP BY 1"
)
_FAILED_LATER_BY_STEP = (
    "SELECT (e.time_ms - :start) / :step, count(*) FROM order_events e INDEXED BY order_events_later "
    "WHERE e.event = 'failed' AND e.known = 0 AND e.time_ms >= :start AND e.time_ms < :end "
    "AND (e.time_ms <= :settled OR EXISTS (SELECT 1 FROM checkouts c WHERE c.trace = e.trace)) GROUP BY 1"
)


def write(db: sqlite3.Connection, checkouts: list[Row], events: list[Row]) -> None:
    """Rows into the ledger, inside the caller's transaction."""
    db.executemany(_INSERT_CHECKOUT, checkouts)
    db.executemany(_INSERT_EVENT, events)
    db.executemany(_MARK_DONE, [(row[1], row[5]) for row in events if row[0] != "placed"])
    traces = {row[4] for row in checkouts if row[2] != 202} | {row[7] for row in events if row[0] == "failed"}
    db.executemany(_MARK_KNOWN, [(trace,) for trace in traces if trace])


def checkout_row(span: Span, end_us: int, duration_us: int, outcome: Outcome) -> Row:
    """What the ledger keeps of a checkout; status 0 is a failure without one."""
    status = int(outcome.status) if outcome.status.isdigit() else 0 if outcome.error else 200
    customer = span.attributes.get("enduser.id")
    return (
        end_us // 1000,
        (end_us - duration_us) // 1000,
        status,
        None if customer is None else str(customer),
        span.trace_id,
    )


def event_row(log: Log, time_us: int) -> Row | None:
    """What the ledger keeps of an order's event; None for other logs."""
    event = EVENTS.get(log.event or "")
    if event is None:
        return None
    field = log.attributes.get
    paid_after_ms = as_number(field("paid_after_ms"))
    placed_s = as_number(field("order.placed_at"))
    placed_ms = whole_ms(placed_s) if placed_s is not None else time_us // 1000 - round(paid_after_ms or 0.0)
    customer, order = field("customer.id"), field("order.id")
    return (
        event,
        time_us // 1000,
        placed_ms,
        paid_after_ms,
        int(as_number(field("order.total_cents")) or 0),
        None if order is None else str(order),
        None if customer is None else str(customer),
        log.trace_id,
    )


def business(db: sqlite3.Connection, start_ms: int, end_ms: int, now_ms: int) -> Business:
    """The numbers of a window: attempts and events that ended in it, and what was pending at its end."""
    window = (start_ms, end_ms)
    attempts, lost = db.execute(
        f"SELECT count(*), total({_IS_LOST}) FROM checkouts WHERE end_ms >= ? AND end_ms < ? AND {_IS_ATTEMPT}",  # noqa: S608 - constants of this module
        window,
    ).fetchone()
    counts = {
        event: (count, cents)
        for event, count, cents in db.execute(
            "SELECT event, count(*), total(cents) FROM order_events "
            "WHERE event IN ('placed', 'paid', 'failed') AND time_ms >= ? AND time_ms < ? GROUP BY event",
            window,
        )
    }
    affected = {
        customer
        for (customer,) in db.execute(
            f"SELECT DISTINCT customer FROM checkouts WHERE {_IS_LOST} AND end_ms >= ? AND end_ms < ?",  # noqa: S608 - constants of this module
            window,
        )
    }
    failed_later = 0
    for time_ms, customer, reported, account in db.execute(
        "SELECT e.time_ms, (SELECT c.customer FROM checkouts c WHERE c.trace = e.trace), "
        "EXISTS (SELECT 1 FROM checkouts c WHERE c.trace = e.trace), e.customer "
        "FROM order_events e INDEXED BY order_events_later "
        "WHERE e.event = 'failed' AND e.known = 0 AND e.time_ms >= ? AND e.time_ms < ?",
        window,
    ):
        if reported or time_ms <= now_ms - _SETTLED_MS:
            failed_later += 1
            affected.add(customer or account)
    pending, oldest_ms = 0, end_ms
    for still_open in ("done_ms IS NULL", "done_ms >= ?1"):
        count, first_ms = db.execute(
            "SELECT count(*), min(placed_ms) FROM order_events "  # noqa: S608 - constants
            f"WHERE event = 'placed' AND placed_ms < ?1 AND {still_open}",
            (end_ms,),
        ).fetchone()
        pending, oldest_ms = pending + count, min(oldest_ms, end_ms if first_ms is None else first_ms)
    cents = int(counts.get("paid", (0, 0))[1])
    minutes = (end_ms - start_ms) / 60_000
    return Business(
        attempts=attempts,
        placed=counts.get("placed", (0, 0))[0],
        paid=counts.get("paid", (0, 0))[0],
        failed=counts.get("failed", (0, 0))[0],
        lost=int(lost) + failed_later,
        revenue_cents=cents,
        revenue_per_min=cents / 100 / minutes if minutes > 0 else 0.0,
        customers_affected=len(affected - {None}),
        pending=pending,
        oldest_pending_s=(end_ms - oldest_ms) / 1000,
        longest_wait_s=max(paid_after_s(db, start_ms, end_ms), default=0.0),
    )


def promised(db: sqlite3.Connection, start_ms: int, end_ms: int) -> int:
    """Orders of the window that were accepted (202) and are neither paid nor given up yet."""
    (count,) = db.execute(
        "SELECT count(*) FROM order_events p JOIN checkouts c ON c.trace = p.trace "
        "WHERE p.event = 'placed' AND p.done_ms IS NULL AND p.placed_ms >= ? AND p.placed_ms < ? AND c.status = 202",
        (start_ms, end_ms),
    ).fetchone()
    return int(count)


def paid_after_s(db: sqlite3.Connection, start_ms: int, end_ms: int) -> list[float]:
    """How long the orders placed in the window waited for their payment, ascending; without those not paid yet."""
    rows = db.execute(
        "SELECT paid_after_ms FROM order_events WHERE event = 'paid' AND placed_ms >= ? AND placed_ms < ? "
        "AND paid_after_ms IS NOT NULL ORDER BY paid_after_ms",
        (start_ms, end_ms),
    )
    return [paid_after_ms / 1000 for (paid_after_ms,) in rows]


def orders_over_time(db: sqlite3.Connection, start_ms: int, end_ms: int, step_ms: int, now_ms: int) -> list[OrdersStep]:
    """Attempts, paid and lost orders of each step; over the steps they add up to what `business` counts."""
    window = {"start": start_ms, "end": end_ms, "step": step_ms, "settled": now_ms - _SETTLED_MS}
    found: dict[int, list[int]] = {}
    for column, query in enumerate((_ATTEMPTS_BY_STEP, _PAID_BY_STEP, _LOST_BY_STEP, _FAILED_LATER_BY_STEP)):
        for step, count in db.execute(query, window):
            found.setdefault(step, [0, 0, 0])[min(column, 2)] += count
    return [
        OrdersStep((start_ms + number * step_ms) / 1000, *found.get(number, (0, 0, 0)))
        for number in range(-((start_ms - end_ms) // step_ms))
    ]


def paid_share(db: sqlite3.Connection, start_ms: int, end_ms: int, within_s: float) -> float:
    """The share of the attempts started in the window whose order was paid in time; NaN without attempts."""
    (attempts,) = db.execute(
        f"SELECT count(*) FROM checkouts WHERE start_ms >= ? AND start_ms < ? AND {_IS_ATTEMPT}",  # noqa: S608 - constants of this module
        (start_ms, end_ms),
    ).fetchone()
    if not attempts:
        return NO_VALUE
    (paid,) = db.execute(_PAID_IN_TIME, {"start": start_ms, "end": end_ms, "within": within_s * 1000}).fetchone()
    return float(min(1.0, paid / attempts))
