"""A machine that is too fast for a story gets more customers, until the symptoms show clearly."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fakes_session import NoCustomers, close, empty
from fakes_telemetry import T0, log, request, statement

from lab.core.clock import ManualClock
from lab.core.errors import ScenarioError
from lab.load.profile import Profile
from lab.session import customers, opening
from lab.session.session import Session

STEP_S = 0.25
SEARCH = "SELECT * FROM orders WHERE coupon_code = ?"
ROUTES = ("/api/v1/orders", "/api/v1/products")


class Crowd(NoCustomers):
    """Customers of a shop whose answers take as long as `ms_at` says for that many."""

    def __init__(self, profile: Profile, ms_at: Callable[[int], float]) -> None:
        super().__init__(profile)
        self.users = profile.users
        self.ms_at = ms_at

    def as_set(self) -> dict[str, Any]:
        return {"users": self.users}

    async def set(self, users: int | None = None, **_more: Any) -> None:
        self.users = self.users if users is None else users


class Hurrying(ManualClock):
    """A quarter of a second passes whenever somebody looks, and customers are served in it."""

    def __init__(self) -> None:
        super().__init__(T0)
        self.session: Session | None = None
        self.crowd: Crowd | None = None

    def now(self) -> float:
        self.at += STEP_S
        if self.session is not None and self.crowd is not None:
            at, ms = self.at - T0 - STEP_S, self.crowd.ms_at(self.crowd.users)
            served = [request(200, service="gateway", method="GET", route=route, at=at, ms=ms) for route in ROUTES]
            self.session.store.add_spans([*served, statement(SEARCH, at=at, ms=ms)])
            read = {"db__query__text": SEARCH, "rows_examined": 1_000_000}
            self.session.store.add_logs([log("slow", at=at, event="db.slow_query", **read)])
        return self.at


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Callable[[Callable[[int], float]], tuple[Session, Crowd]]]:
    opened: list[Session] = []

    def opening_shop(ms_at: Callable[[int], float]) -> tuple[Session, Crowd]:
        clock = Hurrying()
        _, session = empty(tmp_path / "home", clock, scenario="full-table-scan")
        session.windows_name = "trial"  # the one that looks most often
        crowd = Crowd(customers.background(session), ms_at)
        session.system.customers = crowd  # type: ignore[assignment]  # all that is asked of it here
        clock.session, clock.crowd = session, crowd
        opened.append(session)
        return session, crowd

    yield opening_shop
    for session in opened:
        close(session)


Shop = Callable[[Callable[[int], float]], tuple[Session, Crowd]]


async def test_where_it_shows_at_once_nobody_is_added(shop: Shop) -> None:
    session, crowd = shop(lambda _users: 3000)
    usual = crowd.users
    await opening._break(session)
    assert crowd.users == usual
    assert session.crowd == 1


async def test_more_customers_come_until_it_shows_clearly(shop: Shop) -> None:
    """Somewhat more just show it: another time that would not do."""
    usual = customers.background(shop(lambda _users: 0)[0]).users
    session, crowd = shop(lambda users: 40 if users == usual else 1500 if users < 2 * usual else 3000)
    before = [stage.users for stage in customers.load_test(session, 1).stages or ()]
    await opening._break(session)
    assert 2 * usual < crowd.users < 3 * usual
    after = [stage.users for stage in customers.load_test(session, 1).stages or ()]
    assert after == [round(users * session.crowd) for users in before]
    assert session.crowd == pytest.approx(crowd.users / usual, rel=0.05)


async def test_who_is_not_impressed_by_all_of_them_is_told_so(shop: Shop) -> None:
    session, crowd = shop(lambda _users: 40)
    usual = crowd.users
    with pytest.raises(ScenarioError, match="did not show itself"):
        await opening._break(session)
    assert crowd.users == pytest.approx(8 * usual, abs=2)


async def test_at_the_most_it_need_not_be_clear(shop: Shop) -> None:
    usual = customers.background(shop(lambda _users: 0)[0]).users
    session, crowd = shop(lambda users: 1500 if users > 7 * usual else 40)
    await opening._break(session)
    assert session.crowd == 8
    assert crowd.users == pytest.approx(8 * usual, abs=2)
