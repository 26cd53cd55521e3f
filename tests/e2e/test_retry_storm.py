"""The heart of retry-storm: it outlives its cause and a load test, and a budget ends it. Its proof does the rest."""

from typing import Any

import pytest
from solver import CHECKOUT, Solver
from whole_lab import WholeLab

pytestmark = [pytest.mark.e2e, pytest.mark.long, pytest.mark.timeout(600)]


class Journey:
    """One run: nothing done, then the budget."""

    def __init__(self, lab: WholeLab) -> None:
        self.lab = lab
        lab.start("retry-storm", "--seed", "1", "--windows", "prove")
        self.solver = Solver(lab)
        self.page = lab.get("partner", "status")["text"]
        self.undone: dict[str, Any] = lab.run("load", "--json").json
        # the same customers as before are back by now
        self.afterwards = self.calls("5s")
        self.done = self.solver.fix_and_prove("budget")

    def calls(self, since: str) -> dict[str, Any]:
        """Checkouts at the front and calls at the back, and how many failed of either."""
        return {
            "front": self.solver.red(since, service="gateway", route=CHECKOUT),
            "back": self.solver.red(since, edge="orders->partner"),
        }


@pytest.fixture(scope="module")
def journey(lab_of_all: WholeLab) -> Journey:
    return Journey(lab_of_all)


def test_it_is_over_at_the_partner_and_goes_on_in_the_shop(journey: Journey) -> None:
    assert "This is over" in journey.page
    assert journey.undone["verdict"] == "failed"
    assert journey.undone["after"]["paid"] == 0


def test_it_is_still_there_after_a_load_test_that_changed_nothing(journey: Journey) -> None:
    assert journey.afterwards["front"]["error_share"] > 0.5
    assert journey.afterwards["back"]["rate_rps"] > 1.5 * journey.afterwards["front"]["rate_rps"]


def test_a_budget_for_repetitions_lets_the_shop_recover(journey: Journey) -> None:
    assert journey.done["verdict"] == "passed"
    assert journey.calls("load")["back"]["rate_rps"] < 1.3 * journey.calls("load")["front"]["rate_rps"]
