"""What one session tells in several places agrees: windows, fixes, reports and progress."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fakes_session import close, standing

from lab.console import sessions, windows
from lab.core.errors import EnvironmentLacks, ScenarioError, UsageError
from lab.core.window import Window
from lab.session import answers, fixes, progress, report, verdict
from lab.session.inbox import Delivery
from lab.session.owner import Owner
from lab.session.session import Session
from lab.session.states import State


@pytest.fixture
def stands(tmp_path: Path) -> Iterator[tuple[Owner, Session]]:
    owner, session = standing(tmp_path / "home")
    yield owner, session
    close(session)


@pytest.fixture
def owner(stands: tuple[Owner, Session]) -> Owner:
    return stands[0]


@pytest.fixture
def session(stands: tuple[Owner, Session]) -> Session:
    return stands[1]


def loaded(session: Session, fix: str | None, said: str = "passed") -> None:
    """A load test with a verdict."""
    session.write("loaded", verdict=said, why="", slos=[], fix=fix, number=len(session.ledger.loads) + 1)


def test_while_a_load_test_runs_its_window_ends_now(session: Session) -> None:
    now = session.clock.now()
    session.moments.load = Window(now + 2, now + 30)
    assert session.window("load") is None
    session.moments.load = Window(now - 10, now + 30)
    assert session.window("load") == Window(now - 10, now)


def test_an_incident_that_a_broken_load_test_ended_is_over_everywhere(session: Session) -> None:
    assert sessions.shown(session)["windows"]["incident"][1] is None
    session.moments.first_load_at = session.clock.now() - 5
    assert sessions.shown(session)["windows"]["incident"][1] == session.moments.first_load_at


@pytest.mark.parametrize("since", ["baseline", "incident", "all"])
def test_a_window_that_ends_before_it_begins_is_refused_whatever_it_is_called(session: Session, since: str) -> None:
    with pytest.raises(UsageError, match="ends before it begins"):
        windows.window_of(session, since, "-20min")


async def test_a_fix_that_was_taken_back_leaves_the_one_that_was_proved(session: Session) -> None:
    await fixes.apply(session, "queue-payments")
    loaded(session, "queue-payments")
    await fixes.apply(session, "retry")
    await fixes.undo(session)
    found = (await answers.run_of(session, answers.question_of(session, "fix"), None)).fix
    assert found is not None
    assert (found.id, found.passed, found.attempts) == ("queue-payments", True, 2)


async def test_a_fix_that_was_taken_back_unproved_is_said_to_be(session: Session) -> None:
    await fixes.apply(session, "retry")
    await fixes.undo(session)
    with pytest.raises(UsageError, match="taken back before it was proved"):
        await answers.answer(session, "fix", "done", None)


async def test_a_fix_that_the_file_no_longer_has_stands_in_nobodys_way(session: Session) -> None:
    await fixes.apply(session, "retry")
    left = [one for one in session.file.mitigations if one.id != "retry"]
    session.variant = replace(session.variant, file=session.file.model_copy(update={"mitigations": left}))
    assert (await answers.run_of(session, answers.question_of(session, "fix"), None)).fix is None


async def test_a_fix_that_cannot_be_noted_down_is_not_in_force(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Session.write

    def full(one: Session, what: str, **details: Any) -> Any:
        if what == "fixed":
            raise EnvironmentLacks("The disk is full.", "Free some space.")
        return real(one, what, **details)

    monkeypatch.setattr(Session, "write", full)
    with pytest.raises(EnvironmentLacks):
        await fixes.apply(session, "retry")
    assert session.mitigation is None
    assert session.changes.in_force == []


def test_a_report_rounds_no_share_up_to_the_pass_mark_and_says_what_hints_cost(session: Session) -> None:
    data = report.data(session)
    data["score"] |= {"points": 69.6, "of": 100, "share": 0.696, "passed": False}
    data["questions"][0]["earned"], data["hints_taken"] = 72.6, 1
    for row in data["questions"][1:]:
        row["earned"] = 0.0
    assert "**69.6 of 100 points** (69 %; hints cost 3); the pass mark is 70 %: not passed yet." in report.markdown(
        data
    )


async def test_a_fix_that_is_tried_twice_is_one_that_was_tried(session: Session) -> None:
    for name in ("retry", "queue-payments", "retry"):
        await fixes.apply(session, name)
    assert report.data(session)["fixes"] == ["retry", "queue-payments"]


async def test_a_load_test_is_in_the_learners_progress_once_it_has_a_verdict(
    owner: Owner, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def measured(*_given: Any) -> dict[str, Any]:
        return {"verdict": "passed", "why": "", "slos": []}

    monkeypatch.setattr(verdict, "_measure", measured)
    test = await verdict.start(session, owner.after_answer)
    assert test.task is not None
    await test.task
    (line,) = progress.runs(owner.home.progress)
    assert line["verdict"] == "passed"


async def test_progress_keeps_the_time_of_the_last_thing_that_counted(owner: Owner, session: Session) -> None:
    loaded(session, None)
    report.save_progress(session, owner.home)
    at = session.clock.now()
    session.clock.advance(7200)  # type: ignore[attr-defined]  # a ManualClock
    report.save_progress(session, owner.home)
    assert [one["at_s"] for one in progress.runs(owner.home.progress)] == [at]


async def test_a_scenario_that_cannot_be_read_any_more_ends_no_session(
    owner: Owner, session: Session, tmp_path: Path
) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "scenario.yaml").write_text("format: [", encoding="utf-8")
    scenario = replace(session.variant.scenario, path=broken)
    session.variant = replace(session.variant, scenario=scenario)
    with pytest.raises(ScenarioError):
        await owner.reset()
    assert session.state is State.OPEN


def test_a_lab_at_the_short_pace_may_stop_by_itself_too(owner: Owner, session: Session) -> None:
    assert session.windows_name == "prove"
    assert not owner.occupied


def test_a_message_nested_without_end_is_no_event() -> None:
    assert Delivery(1, 0.0, {}, "[" * 100_000, 200).event == {}
