"""What pages and commands read of a session: what it costs, how it moves, what happened when, and its report."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes_session import BROKEN_AT_S, LENGTH_S, close, standing
from fakes_telemetry import T0

from lab.core.errors import Conflict
from lab.core.window import Window
from lab.session import answers, detail, offline, report
from lab.session.impact import impact
from lab.session.marks import marks
from lab.session.overview import lately
from lab.session.session import Session
from lab.session.states import State
from lab.telemetry import Scope


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    _, session = standing(tmp_path / "home")
    yield session
    close(session)


def test_impact_counts_the_incident_so_far_and_compares_the_last_half_minute(session: Session) -> None:
    found = impact(session)
    assert found["so_far"]["lost"] == 3 * (LENGTH_S - BROKEN_AT_S - 1)
    assert found["so_far"]["lost_share"] == pytest.approx(0.5)
    assert found["baseline"]["lost"] == 0
    assert found["now"]["window"] == [T0 + LENGTH_S - 30, T0 + LENGTH_S]
    assert not found["so_far_is_over"]


@pytest.mark.parametrize("moment", ["fixed_at", "first_load_at"])
def test_the_incident_so_far_is_over_with_the_first_fix_or_load_test(session: Session, moment: str) -> None:
    setattr(session.moments, moment, T0 + LENGTH_S - 10)
    found = impact(session)
    assert found["so_far_is_over"]
    assert found["so_far"]["window"][1] == T0 + LENGTH_S - 10


def test_before_the_pager_nothing_is_said_of_an_incident(tmp_path: Path) -> None:
    _, session = standing(tmp_path / "home", state=State.BREAKING)
    assert impact(session)["so_far"] is None
    close(session)


def test_steps_of_a_picture_are_whole_and_lie_at_round_moments(session: Session) -> None:
    over = detail.whole_steps(Window(T0 + 3, T0 + LENGTH_S), 5, session.clock.now())
    assert over.start_s % 5 == over.end_s % 5 == 0
    assert over.end_s <= T0 + LENGTH_S - detail.ARRIVES_WITHIN_S


@pytest.mark.parametrize(("seconds", "step"), [(10, 1), (60, 1), (61, 2), (300, 5), (3600, 60), (90_000, 1800)])
def test_a_picture_has_a_round_step_and_not_too_many(seconds: float, step: float) -> None:
    assert detail.nice_step(seconds) == step


def test_series_may_show_more_of_the_past_than_the_numbers_count(session: Session) -> None:
    over = Window(T0, T0 + 80)
    found = detail.detail(session, Scope(service="gateway"), lately(session), 5, over)
    assert found["window"] == [T0 + LENGTH_S - 30, T0 + LENGTH_S]
    assert [found["series"]["rate"][place][0] for place in (0, -1)] == [T0, T0 + 75]
    assert found["health"] == "failing"
    assert found["findings"]["errors"].startswith("errors 25 %")


def test_marks_are_the_pager_the_own_actions_and_the_public_feed(session: Session) -> None:
    session.note("answer", "Answered")
    session.note("fix", "Applied: something")
    found = marks(session, Window(T0, T0 + LENGTH_S + 1))
    assert [mark["short"] for mark in found] == ["pager", "fix"]


def answer_all(session: Session, given: dict[str, str]) -> None:
    """Answers as the journal would have them."""
    for question in session.file.questions:
        answer = given.get(question.id, "x")
        details = {"question": question.id, "answer": answer, "share": 0, "verdict": "wrong", "feedback": "no"}
        session.write("answered", **details)


def letter(session: Session, question: str, words: str) -> str:
    """The letter of the option that has these words."""
    found = answers.options_of(session, answers.question_of(session, question))
    return answers.LETTERS[next(place for place, text in enumerate(found) if words in text)]


async def test_the_answers_open_when_every_question_has_one(session: Session) -> None:
    with pytest.raises(Conflict):
        await answers.model_answers(session)
    answer_all(session, {})
    found = {one["id"]: one["truth"] for one in await answers.model_answers(session)}
    assert set(found) == {question.id for question in session.file.questions}
    assert found["whose"].startswith("Paylane refuses")
    assert "50 %" in found["size"]


async def test_where_nothing_is_wrong_the_full_explanation_is_to_do_nothing_and_why(tmp_path: Path) -> None:
    _, session = standing(tmp_path / "home", scenario="all-quiet")
    told = (await answers.reveal(session, "act"))["truth"]
    assert told.startswith("Nothing needed doing")
    assert all(one.because_not in told for one in session.file.mitigations)
    close(session)


def test_what_was_taken_for_what_is_told_only_of_what_is_settled(session: Session) -> None:
    first = letter(session, "whose", "Our gateway refuses")
    session.write("answered", question="whose", answer=first, share=0, verdict="wrong", feedback="no")
    assert answers.taken_for(session) == []
    right = letter(session, "whose", "Paylane refuses")
    session.write("answered", question="whose", answer=right, share=1, verdict="right", feedback="yes")
    (found,) = answers.taken_for(session)
    assert found["was"].startswith("Paylane refuses")
    assert found["took"].startswith("Our gateway refuses")


async def test_the_saved_report_holds_the_debrief_once_it_is_earned(session: Session, tmp_path: Path) -> None:
    await report.save(session)
    early = offline.last_report(tmp_path / "home")
    assert early is not None
    assert early["debrief"] is None
    answer_all(session, {"whose": letter(session, "whose", "Our gateway refuses")})
    await report.save(session)
    found = offline.last_report(tmp_path / "home")
    assert found is not None
    assert "Take this to work on Monday" in found["debrief"]
    assert len(found["answers"]) == len(session.file.questions)
    assert found["data"]["course"]["points"]


def test_the_report_of_a_run_of_many_days_shows_its_course(session: Session) -> None:
    session.clock.advance(9 * 86_400)  # type: ignore[attr-defined]  # a clock that the test moves
    points = report.data(session)["course"]["points"]
    assert 60 < len(points) <= 121
    assert sum(lost for _, _, lost in points) == 3 * (LENGTH_S - BROKEN_AT_S)


def test_progress_counts_what_was_taken_for_what_over_all_runs(tmp_path: Path) -> None:
    owner, session = standing(tmp_path / "home")
    answer_all(session, {"whose": letter(session, "whose", "Our gateway refuses")})
    report.save_progress(session, owner.home)
    found = offline.progress(owner.home.root)["confusion"]
    assert found[0]["times"] == 1
    assert found[0]["was"] != found[0]["took"]
    close(session)
