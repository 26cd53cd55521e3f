"""The fix is graded by what was done and what the load test said."""

from dataclasses import replace
from typing import Any

import pytest

from lab.core.errors import UsageError
from lab.questions import Fix, Run, questions

QUESTION = questions.read({"mitigation": {}})
RIGHT = Fix("pace", "Pace payments", right=True, works=True, passed=True)
COSTLY = Fix("raise", "Buy a bigger contract", works=True, trade_off="it costs money every month", passed=True)
WRONG = Fix("retry", "Retry three times", because_not="more calls against the same limit", passed=False)


@pytest.mark.parametrize(
    ("fix", "share", "says"),
    [
        (RIGHT, 1.0, "load test passed"),
        (replace(RIGHT, attempts=2), 0.6, "2 attempts"),
        (replace(RIGHT, attempts=9), 0.2, "9 attempts"),
        (COSTLY, 0.7, "costs money every month"),
        (replace(COSTLY, attempts=2), 0.3, "2 attempts"),
        (WRONG, 0.0, "more calls against the same limit"),
        (replace(RIGHT, passed=False), 0.0, "failed"),
    ],
)
def test_worth_depends_on_the_fix_its_test_and_the_attempts(run: Run, fix: Fix, share: float, says: str) -> None:
    grade = QUESTION.grade("done", replace(run, fix=fix))
    assert grade.share == pytest.approx(share)
    assert says in grade.feedback


@pytest.mark.parametrize("answer", ["done", "Done", "", None, True, "pace", "PACE"])
def test_the_answer_itself_is_only_done(run: Run, answer: Any) -> None:
    assert QUESTION.grade(answer, replace(run, fix=RIGHT)).verdict == "right"


def test_nothing_applied_or_nothing_proved_is_refused_with_the_next_command(run: Run) -> None:
    for fix, command in ((None, "lab fix"), (replace(RIGHT, passed=None), "lab load")):
        with pytest.raises(UsageError) as caught:
            QUESTION.grade("done", replace(run, fix=fix))
        assert command in caught.value.hint


def test_naming_another_mitigation_is_refused(run: Run) -> None:
    with pytest.raises(UsageError, match="in force is 'pace'"):
        QUESTION.grade("retry", replace(run, fix=RIGHT))


CONTROL = questions.read({"mitigation": {"nothing": True}})


@pytest.mark.parametrize("answer", ["nothing", "Nothing.", "Do nothing", "do nothing!", "Nothing needs doing."])
def test_nothing_is_understood_as_people_write_it(run: Run, answer: str) -> None:
    assert CONTROL.grade(answer, run).verdict == "right"
    assert QUESTION.grade(answer, run).verdict == "wrong"


@pytest.mark.parametrize(("passed", "why"), [(True, "passed without it as well"), (False, "failed with it")])
def test_a_needless_fix_is_no_answer_and_owning_up_to_it_is_worth_some(run: Run, passed: bool, why: str) -> None:
    after = replace(run, fix=replace(COSTLY, passed=passed))
    done, nothing = CONTROL.grade("done", after), CONTROL.grade("nothing", after)
    assert done.share == 0
    assert why in done.feedback
    assert nothing.share == pytest.approx(0.6)
    assert "Nothing needed doing" in nothing.feedback
