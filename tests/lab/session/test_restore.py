"""Taking everything back tells what stayed behind, and is nothing a learner can do."""

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
from fakes import FakeSystem

from lab.changes import Change, changes
from lab.core.clock import ManualClock
from lab.core.errors import Conflict
from lab.core.system import Index, System
from lab.runtimes.rows import Table
from lab.session.applied import Changes
from lab.session.journal import Journal
from lab.session.restore import restore, snapshot


class Sticky(Change):
    """A change that cannot be taken back, though it says that it was."""

    _kind_name: ClassVar[str] = "sticky"

    async def remember(self, system: System) -> Any:
        return {}

    async def apply(self, system: System, token: Any) -> None:
        await system.patch("orders", {"partner_retries": 9})

    async def revert(self, system: System, token: Any) -> None:
        return None


def fault(written: dict[str, Any]) -> Change:
    return changes.read(written)


QUOTA = {"setting": {"service": "partner", "name": "quota_rps", "value": 7}}
RULE = {"edge": {"edge": "orders->partner", "rule": {"latency": {"delay": "200ms"}}}}
CAMPAIGN = {"traffic": {"multiply": 4}}
MIGRATION = {"migration": {"table": "orders", "column": "state", "source": "status", "values": {"settled": ["paid"]}}}
FIX = {"setting": {"service": "orders", "name": "payment_mode", "value": "outbox"}}


async def _tables(system: FakeSystem) -> list[Table]:
    return [Table(name, [(one, "TEXT") for one in columns]) for name, columns in system.has_columns.items()]


@pytest.fixture
def session(tmp_path: Path) -> Any:
    clock, system = ManualClock(), FakeSystem()
    journal = Journal(tmp_path / "journal.jsonl", clock)
    made = SimpleNamespace(
        system=system,
        changes=Changes(system, journal),
        runtime=SimpleNamespace(
            urls={"orders": "", "partner": ""}, edges=("orders->partner",), tables=lambda: _tables(system)
        ),
        busy=asyncio.Lock(),
        clock=clock,
        windows_name="prove",
        mitigation=None,
        moments=SimpleNamespace(restored_at=None),
        healthy={},
        write=journal.write,
        require_live=lambda: None,
    )
    yield made
    journal.close()


async def broken(session: Any, *faults: Change) -> Any:
    """The session with these faults in force, and its healthy state noted before."""
    session.healthy = await snapshot(session)
    for one in faults:
        await session.changes.apply(one, "fault")
    return session


async def test_faults_and_mitigation_are_taken_back_without_residue(session: Any) -> None:
    before = session.system.snapshot()
    await broken(session, fault(QUOTA), fault(RULE), fault(CAMPAIGN))
    await session.changes.apply_all([fault(FIX)], "queue")
    session.mitigation = "queue"
    told = await restore(session)
    assert told["residue"] == []
    assert session.system.snapshot() == before
    assert session.changes.in_force == []


async def test_what_stays_behind_is_told_by_name_with_both_values(session: Any) -> None:
    await broken(session, Sticky())
    told = await restore(session)
    assert told["residue"] == [{"what": "orders: partner_retries", "before": 0, "after": 9}]


async def test_an_index_that_stays_behind_is_told_with_its_columns(session: Any) -> None:
    await broken(session)
    await session.system.create_index(Index("ix_orders_coupon_code", "orders", ("coupon_code",)))
    told = await restore(session)
    after = {"table": "orders", "columns": ["coupon_code"]}
    assert told["residue"] == [{"what": "database: index ix_orders_coupon_code", "before": None, "after": after}]


async def test_a_plan_of_the_load_test_is_taken_back_as_well(session: Any) -> None:
    await broken(session)
    await session.changes.apply(fault(MIGRATION), "planned")
    session.mitigation = "plan"
    told = await restore(session)
    assert told["residue"] == []
    assert "state" not in session.system.has_columns["orders"]


async def test_a_column_that_stays_behind_is_told_with_the_others(session: Any) -> None:
    await broken(session)
    session.system.has_columns["orders"].append("state")
    told = await restore(session)
    (one,) = told["residue"]
    assert one["what"] == "database: columns of orders"
    assert set(one["after"]) - set(one["before"]) == {"state"}


async def test_in_a_learners_session_it_is_refused_and_nothing_changes(session: Any) -> None:
    session.windows_name = "learn"
    await broken(session, fault(QUOTA))
    with pytest.raises(Conflict, match="would end the exercise"):
        await restore(session)
    assert session.system.current["partner"]["quota_rps"] == 7


async def test_it_waits_for_nobody(session: Any) -> None:
    await broken(session, fault(QUOTA))
    async with session.busy:
        with pytest.raises(Conflict, match="under way"):
            await restore(session)
