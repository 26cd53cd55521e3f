"""A start that cannot succeed ends, says why, and leaves room for another."""

import asyncio
import errno
import os
from pathlib import Path

import pytest
from fakes_session import FakeRuntime
from fakes_telemetry import T0

from lab.core.clock import ManualClock
from lab.core.errors import EnvironmentLacks, ScenarioError
from lab.runtimes import Plan
from lab.session.building import RUNTIMES
from lab.session.home import Home
from lab.session.journal import FORMAT, Journal
from lab.session.owner import Owner
from lab.session.states import State


async def test_an_interrupted_scenario_that_cannot_be_read_any_more_says_where(tmp_path: Path) -> None:
    scenario, clock = tmp_path / "mine", ManualClock(T0)
    scenario.mkdir()
    (scenario / "scenario.yaml").write_text("title: [", encoding="utf-8")
    journal = Journal(tmp_path / "sessions" / "0ab1" / "journal.jsonl", clock)
    journal.write("opened", format=FORMAT, scenario="mine", path=str(scenario), seed=1, windows="learn")
    journal.close()
    owner = Owner(Home(tmp_path), clock, "nonce", launcher=None)  # type: ignore[arg-type]  # launches nothing
    with pytest.raises(ScenarioError, match=r"scenario\.yaml"):
        await owner.start(None)


@pytest.mark.parametrize("journal_too", [False, True])
async def test_a_full_disk_ends_a_start_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, journal_too: bool
) -> None:
    def fill(journal: Journal) -> None:
        journal.close()
        journal._file = Path("/dev/full").open("ab", buffering=0)  # noqa: SIM115 - closed with the journal

    class FullDisk(FakeRuntime):
        async def up(self, plan: Plan) -> None:
            if journal_too:
                fill(owner.current().journal)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setitem(RUNTIMES, "embedded", lambda _launcher: FullDisk())
    owner = Owner(Home(tmp_path), ManualClock(T0), "nonce", launcher=None)  # type: ignore[arg-type]  # launches nothing
    session = await owner.start("slow-partner", 1)
    await asyncio.wait(owner._tasks)
    assert session.state is State.FAILED
    assert session.error is not None
    assert "No space left on device" in session.error.what
    session.journal.close()
    again = await owner.start("slow-partner", 1)
    await asyncio.wait(owner._tasks)
    again.journal.close()


@pytest.mark.parametrize("lesson", ["webhooks", "versions-and-deprecation", "migration"])
async def test_a_lesson_that_containers_cannot_run_is_sent_outside_of_them(tmp_path: Path, lesson: str) -> None:
    owner = Owner(Home(tmp_path), ManualClock(T0), "nonce", launcher=None, runtime="compose")  # type: ignore[arg-type]  # launches nothing
    with pytest.raises(EnvironmentLacks) as caught:
        await owner.start(lesson, 1)
    assert caught.value.hint.startswith("Use a `lab` outside of the containers (README.md, Start")
    assert f"`lab start {lesson} --runtime embedded`" in caught.value.hint
