"""Plans that a load test carries out: at their time, anew each time, and never without being chosen."""

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fakes import FakeSystem

from lab.core.clock import SystemClock
from lab.core.errors import Conflict, LabError, UsageError
from lab.probes.rows import SERVICE, Rows
from lab.runtimes.rows import Rows as Answer
from lab.scenario.model import Mitigation
from lab.session import counting, planned
from lab.session.applied import Changes
from lab.session.journal import Journal

NEW = {"table": "orders", "column": "state", "source": "status", "values": {"settled": ["paid"]}}
RETRIES = {"setting": {"service": "orders", "name": "partner_retries", "value": 3}}
PLAN = Mitigation.model_validate(
    {"id": "plan", "text": "p", "right": True, "during_load": [{"migration": {**NEW, "at": "20ms"}}, RETRIES]}
)
AT_ONCE = Mitigation.model_validate({"id": "once", "text": "o", "because_not": "no", "apply": [RETRIES]})


@pytest.fixture
def session(tmp_path: Path) -> Any:
    clock, system = SystemClock(), FakeSystem()
    journal = Journal(tmp_path / "journal.jsonl", clock)
    gauges: dict[str, float] = {}
    yield SimpleNamespace(
        clock=clock,
        system=system,
        changes=Changes(system, journal),
        mitigation="plan",
        file=SimpleNamespace(mitigations=[PLAN], symptoms=[], slo=[], facts={}, questions=[]),
        store=SimpleNamespace(add_gauges=lambda service, _at, values: gauges.update({service: values})),
        gauges=gauges,
        note=lambda _kind, _text: None,
    )
    journal.close()


async def test_changes_are_made_in_the_order_of_their_times_and_the_plan_waits_for_the_last(session: Any) -> None:
    plan = planned.Plan(session)
    plan.start(session.clock.now())
    await plan.done()
    assert session.system.done == ["patch orders ['partner_retries']", "migrate orders state"]


async def test_a_further_load_test_begins_where_the_first_began(session: Any) -> None:
    before = session.system.snapshot()
    first = planned.Plan(session)
    first.start(session.clock.now())
    await first.done()
    second = planned.Plan(session)
    await second.begin_anew()
    assert session.system.snapshot() == before


async def test_what_was_begun_when_a_load_test_ends_early_can_be_taken_back(session: Any) -> None:
    before = session.system.snapshot()
    plan = planned.Plan(session)
    plan.start(session.clock.now())
    await asyncio.sleep(0)
    await plan.cancel()
    await session.changes.revert(planned.ROLE)
    assert session.system.snapshot() == before


async def test_a_change_that_is_refused_ends_the_load_test_with_its_words(session: Any) -> None:
    session.system.has_columns["orders"].append("state")
    plan = planned.Plan(session)
    plan.start(session.clock.now())
    with pytest.raises(LabError, match="has a column state already"):
        await plan.done()


def test_a_load_test_without_a_plan_proves_nothing_where_all_fixes_are_plans(session: Any) -> None:
    session.mitigation = None
    with pytest.raises(Conflict, match="no plan is chosen"):
        planned.require_choice(session)
    session.file.mitigations = [PLAN, AT_ONCE]
    planned.require_choice(session)


async def test_a_column_that_is_not_there_has_no_rows_and_what_is_not_answered_is_not_counted(session: Any) -> None:
    asked: list[str] = []

    async def rows(sql: str) -> Answer:
        asked.append(sql)
        if "state" in sql or "id = 1" in sql:
            raise UsageError("The database refused the query.", "Another one.")
        return Answer(["count(*)"], [[41]], False, 1.0)

    session.runtime = SimpleNamespace(rows=rows)
    every = Rows(table="orders")
    of_new = Rows.model_validate({"table": "orders", "where": {"state": "open", "status": ["a", None]}})
    slow = Rows.model_validate({"table": "orders", "where": {"id": 1}})
    session.file.slo = [every, of_new, slow]
    await counting.count(session)
    assert session.gauges == {SERVICE: {every.gauge: 41.0, of_new.gauge: 0.0}}
    assert asked[1] == "SELECT count(*) FROM orders WHERE state = 'open' AND (status = 'a' OR status IS NULL)"
