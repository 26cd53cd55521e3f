"""Changes are journalled before they are made, and taken back newest first."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes import FakeSystem

from lab.changes import changes
from lab.core.clock import ManualClock
from lab.core.errors import LabError
from lab.session.applied import Changes, in_force
from lab.session.journal import FORMAT, Journal, read

RETRIES = changes.read({"setting": {"service": "orders", "name": "partner_retries", "value": 3}})
MORE = changes.read({"setting": {"service": "orders", "name": "partner_retries", "value": 9}})


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal(tmp_path / "journal.jsonl", ManualClock())
    journal.write("opened", format=FORMAT)
    yield journal
    journal.close()


async def test_the_journal_knows_how_to_take_it_back_before_the_system_is_touched(journal: Journal) -> None:
    system = FakeSystem()
    system.broken = LabError("the service died", "start it again")
    with pytest.raises(LabError, match="the service died"):
        await Changes(system, journal).apply(RETRIES, "fault")
    ((number, entry),) = in_force(read(journal.path)).items()
    assert (number, changes.read(entry.details["change"])) == (1, RETRIES)
    assert entry.details["token"] == {"partner_retries": 0}


async def test_changes_of_one_role_are_taken_back_newest_first(journal: Journal) -> None:
    system = FakeSystem()
    before = system.snapshot()
    made = Changes(system, journal)
    await made.apply_all([RETRIES, MORE], "fault")
    assert await made.revert("fault") == 2
    assert system.snapshot() == before
    assert in_force(read(journal.path)) == {}


async def test_a_revert_that_fails_is_reported_and_stays_in_force(journal: Journal) -> None:
    system = FakeSystem()
    made = Changes(system, journal)
    await made.apply(RETRIES, "fault")
    system.broken = LabError("gone", "wait")
    with pytest.raises(LabError, match="gone"):
        await made.revert("fault")
    assert len(in_force(read(journal.path))) == 1
    await made.revert("fault")
    assert system.current["orders"]["partner_retries"] == 0


async def test_a_group_that_fails_half_way_leaves_nothing_behind(journal: Journal) -> None:
    system = FakeSystem()
    before = system.snapshot()
    made = Changes(system, journal)
    await made.apply(RETRIES, "other")
    await made.revert("other")
    bad = changes.read({"setting": {"service": "orders", "name": "x", "value": 1}})

    calls = 0
    original = system.patch

    async def second_fails(service: str, settings: dict, version: str | None = None) -> None:  # type: ignore[type-arg]
        nonlocal calls
        calls += 1
        if calls == 2:
            raise LabError("no such setting x", "check it")
        await original(service, settings, version)

    system.patch = second_fails  # type: ignore[method-assign]
    with pytest.raises(LabError, match="no such setting"):
        await made.apply_all([RETRIES, bad], "fix")
    assert system.snapshot()["settings"]["orders"]["partner_retries"] == before["settings"]["orders"]["partner_retries"]
