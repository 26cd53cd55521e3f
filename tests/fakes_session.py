"""A session that stands still: a real one with real telemetry in its store, and no shop behind it."""

import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fakes_telemetry import T0, call, checkout, log, order_event, request, statement, trace_id

from lab.core.clock import Clock, ManualClock
from lab.core.migration import Migrated, NewColumn
from lab.core.system import Index
from lab.core.window import Window
from lab.load.profile import Profile
from lab.runtimes import Plan
from lab.runtimes.rows import Rows, Table
from lab.scenario import draw, find
from lab.session import customers
from lab.session.home import Home
from lab.session.owner import Owner
from lab.session.session import Session
from lab.session.states import State

MARKUP = "<img src=x onerror=alert(1)><script>alert(2)</script>"
LENGTH_S = 90
BROKEN_AT_S = 40
SHOP = ("gateway", "orders", "partner")


class FakeRuntime:
    """A runtime with nothing in it; its database answers every query with one row."""

    name = "fake"

    def __init__(self) -> None:
        self.asked: list[str] = []

    urls: Mapping[str, str] = {name: f"http://127.0.0.1:{number}" for number, name in enumerate(SHOP, 1)}
    addresses = urls
    edges: tuple[str, ...] = ("gateway->orders", "orders->partner")

    async def up(self, plan: Plan) -> None:
        return None

    async def down(self) -> None:
        return None

    def third_party(self, service: str) -> bool:
        return service == "partner"

    async def settings(self, service: str) -> dict[str, Any]:
        return {}

    async def version(self, service: str) -> str:
        return "2.4.0"

    async def patch(self, service: str, settings: dict[str, Any], version: str | None = None) -> None:
        return None

    async def rules(self, edge: str) -> list[dict[str, Any]]:
        return []

    async def set_rules(self, edge: str, rules: list[dict[str, Any]]) -> None:
        return None

    async def rows(self, query: str, *, explain: bool = False, copy: bool = False) -> Rows:
        self.asked.append(f"copy: {query}" if copy else query)
        return Rows(["id", "name"], [[1, MARKUP]], False, 0.4, ["SCAN orders"] if explain else None)

    async def copy_database(self) -> None:
        self.asked.append("copied")

    async def migrate(self, new: NewColumn, *, copy: bool = False) -> Migrated:
        self.asked.append(f"migrated {new.column}{' of the copy' if copy else ''}")
        return Migrated(rows=600_000, transactions=1, took_s=2.4, blocked_s=1.6)

    async def drop_column(self, new: NewColumn) -> None:
        return None

    async def tables(self, *, copy: bool = False) -> list[Table]:
        return [Table("orders", [("id", "INTEGER"), (MARKUP, "TEXT")])]

    async def indexes(self) -> list[Index]:
        return []

    def pids(self) -> Mapping[str, int]:
        return {}


class NoCustomers:
    """Customers who cannot be changed."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile

    def as_set(self) -> dict[str, Any]:
        return {"users": 0}

    async def set(self, **_traffic: Any) -> None:
        return None

    async def stop(self) -> None:
        return None


def standing(
    home: Path, *, state: State = State.OPEN, seed: int = 1, scenario: str = "rate-limit"
) -> tuple[Owner, Session]:
    """A session, of rate-limit unless said otherwise, a minute and a half in, with an owner around it."""
    clock = ManualClock(T0)
    owner, session = empty(home, clock, seed, scenario)
    fill(session)
    clock.advance(LENGTH_S)
    reach(session, state, Window(T0 + 10, T0 + 38), T0 + BROKEN_AT_S)
    return owner, session


def empty(home: Path, clock: Clock, seed: int = 1, scenario: str = "rate-limit") -> tuple[Owner, Session]:
    """A session whose shop is open, as far as pages can tell, and whose store is still empty."""
    owner = Owner(Home(home), clock, "nonce", launcher=None)  # type: ignore[arg-type]  # nothing is launched
    owner.console_url = "http://127.0.0.1:7700"
    session = owner.build(draw(find(scenario), seed), FakeRuntime(), "prove")
    owner.session = session
    session.system.customers = NoCustomers(customers.background(session))  # type: ignore[assignment]  # all that is asked
    for step in session.steps:
        step.state, step.seconds = "done", 0.5
    return owner, session


def reach(session: Session, state: State, baseline: Window, broken_at: float) -> None:
    """Be in a state, with the moments that belong to it."""
    moments = session.moments
    moments.baseline = baseline
    if state not in (State.STARTING, State.BASELINE):
        moments.broken_at = broken_at
    session.state = state
    if state is State.OPEN:
        moments.open_at = broken_at + 20
        session.note("pager", "The pager message arrived")


def close(session: Session) -> None:
    """Let go of its files."""
    session.store.close()
    session.journal.close()


def fill(session: Session) -> None:
    """Customers who browse and order; from BROKEN_AT_S on there are four times as many, and half of them fail."""
    numbers = itertools.count(1)
    spans: list[Any] = []
    logs: list[Any] = []
    for second in range(LENGTH_S):
        broken = second >= BROKEN_AT_S
        for nth in range(6 if broken else 2):
            number, at = next(numbers), second + nth / 10
            status = 503 if broken and nth % 2 else 201
            spans += _order(number, at, status)
            logs += _logged(number, at, status)
        for nth in range(6 if broken else 3):
            trace, at = trace_id(1_000_000 + next(numbers)), second + nth / 20
            spans.append(
                request(200, service="gateway", method="GET", route="/api/v1/products", trace=trace, at=at, ms=4)
            )
    logs.append(
        log(f"Odd customer {MARKUP}", at=LENGTH_S - 1, severity="WARN", event="odd", note=MARKUP, trace=trace_id(3))
    )
    session.store.add_spans(spans)
    session.store.add_logs(logs)
    session.store.add_gauges("orders", T0 + LENGTH_S - 1, {"db_pool_in_use": 9, "db_pool_size": 10, "odd_thing": 3})
    session.store.flush(30)


def _order(number: int, at: float, status: int) -> list[Any]:
    trace, refused = trace_id(number), 429 if status == 503 else 201
    ids = [f"{number:08x}{place:08x}" for place in range(5)]
    after = {"trace": trace, "at": at}
    return [
        checkout(status, customer=f"c-{number % 40}", span_id=ids[0], ms=60, **after),
        call(status, span_id=ids[1], parent=ids[0], ms=58, **after),
        request(status, span_id=ids[2], parent=ids[1], ms=56, **after),
        statement("INSERT INTO orders VALUES (1)", span_id=ids[3], parent=ids[2], ms=2, **after),
        call(refused, service="orders", peer="partner", span_id=ids[4], parent=ids[2], ms=40, **after),
    ]


def _logged(number: int, at: float, status: int) -> list[Any]:
    trace, name = trace_id(number), f"o-{number}"
    found = [order_event("placed", name, at=at, trace=trace)]
    if status == 503:
        more = {"http__response__status_code": 429, "peer__service": "partner"}
        found.append(log("The partner refused", at=at, severity="WARN", event="payment.refused", trace=trace, **more))
        found.append(order_event("failed", name, at=at, trace=trace))
    else:
        found.append(order_event("paid", name, at=at, placed=at, cents=2500, trace=trace))
    code = {"http__response__status_code": status, "http__route": "/orders"}
    found.append(
        log(f"POST /orders {status}", at=at, severity="ERROR" if status >= 500 else "INFO", trace=trace, **code)
    )
    return found
