"""A lesson in which nothing breaks, from start to end, by commands."""

from collections.abc import Iterator
from typing import Any

import pytest
from shaped_scenarios import TUTORIAL, write
from whole_lab import WholeLab, eventually

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def tutorial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[WholeLab, dict[str, Any]]]:
    work = tmp_path_factory.mktemp("tutorial")
    lab = WholeLab(work / "home")
    started = lab.start(str(write(work / "tour", TUTORIAL)), "--windows", "prove")
    yield lab, started
    lab.clean_up()


def test_it_opens_at_once_with_no_pager_and_no_waiting_for_an_incident(
    tutorial: tuple[WholeLab, dict[str, Any]],
) -> None:
    _, started = tutorial
    assert (started["state"], started["shape"], started["pager"]) == ("open", "tutorial", None)
    assert [step["name"] for step in started["steps"]][-1] == "baseline"
    assert started["windows"]["baseline"]
    assert started["windows"]["incident"]


def test_it_has_no_load_test_and_says_so(tutorial: tuple[WholeLab, dict[str, Any]]) -> None:
    said = tutorial[0].run("load")
    assert said.code == 1
    assert "There is no load test in this lesson" in said.err


def test_it_is_done_when_every_question_has_an_answer(tutorial: tuple[WholeLab, dict[str, Any]]) -> None:
    lab, _ = tutorial
    assert lab.get("status")["state"] == "open"
    red = lab.get("metrics", "--service", "gateway", "--since", "incident")["red"]
    lab.run("diagnose", "rate", f"{red['rate_rps']:.1f}/s")
    lab.run("diagnose", "busiest", "a")
    lab.run("diagnose", "slow", "a")
    lab.run("diagnose", "who", "a")
    search = ["traces", 'root:"POST /api/v1/orders" status:201 peer:partner', "--since", "incident"]
    assert eventually(lambda: lab.get(*search)["traces"], 30)
    trace = lab.get(*search)["traces"][0]
    lab.run("diagnose", "proof", "--evidence", trace["ref"])
    assert lab.get("status")["state"] == "done"
    assert "Every question has an answer." in lab.run("status").out
    assert lab.run("report").code == 0
    assert lab.run("stop").code == 0
