"""The whole journey through slow-partner: two fixes work, the brief prefers one; the others are left to its proof."""

import time

import pytest
from solver import Solver, solve_slow_partner
from whole_lab import WholeLab

pytestmark = [pytest.mark.e2e, pytest.mark.long, pytest.mark.timeout(900)]


class Journey:
    """One run, with the preferred fix last."""

    def __init__(self, lab: WholeLab) -> None:
        self.lab = lab
        lab.start("slow-partner", "--seed", "2", "--windows", "prove")
        self.solver: Solver = solve_slow_partner(lab)
        self.second_best = self.solver.fix_and_prove("pay-later")
        self.graded_second_best = self.solver.answer("fix", "done")
        self.best = self.solver.fix_and_prove("release-connection")
        self.graded_best = self.solver.answer("fix", "done")
        self.solver.answer("after", f"{self.best['after']['p95']:.0f} ms")
        later = time.strftime("%H:%M", time.localtime(time.time() + 1200))
        self.solver.answer(
            "update",
            "Customers who pay wait for several seconds, and those who only look at coffee wait as well; some give up. "
            "Every visitor who needs the shop's pages is affected. It has been steady since the sale began. "
            "Our orders team is releasing a change that lets browsing customers through while payments are waited for. "
            f"The next update comes at {later}.",
        )
        self.solver.answer("next", self.solver.letter("next", "ten times"))
        self.questions = {row["id"]: row for row in lab.get("diagnose")}


@pytest.fixture(scope="module")
def journey(lab_of_all: WholeLab) -> Journey:
    return Journey(lab_of_all)


def test_the_solver_gets_full_marks_for_all_it_could_see(journey: Journey) -> None:
    missed = {
        name: (row["answer"], row["feedback"])
        for name, row in journey.questions.items()
        if row["earned"] < row["points"] and name != "fix"
    }
    assert missed == {}


def test_both_working_fixes_pass_and_the_trade_off_is_named(journey: Journey) -> None:
    assert journey.second_best["verdict"] == "passed"
    assert journey.best["verdict"] == "passed"
    assert "promise" in journey.second_best["why"]


def test_the_fix_that_breaks_the_promise_is_told_its_price_and_the_other_none(journey: Journey) -> None:
    assert "promise" in journey.graded_second_best["feedback"]
    price = "Fits the constraint in the brief"
    found = [[one["text"] for one in graded["details"]] for graded in (journey.graded_second_best, journey.graded_best)]
    assert [price in texts for texts in found] == [True, False]


def test_a_release_shows_in_the_change_feed(journey: Journey) -> None:
    feed = journey.lab.get("changes")
    assert any(row["version"] == "2.5.0" and row["by"] == "you" for row in feed)
