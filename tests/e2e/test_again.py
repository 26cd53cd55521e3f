"""Beginning again, and stopping in the middle of things."""

import subprocess
import sys

import pytest
from whole_lab import WholeLab, eventually

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


def test_reset_begins_the_same_scenario_from_scratch_in_the_same_console(lab: WholeLab) -> None:
    lab.start("rate-limit", "--seed", "1", "--windows", "prove")
    console = lab.tree()[0].pid
    before = lab.get("status")
    assert lab.run("diagnose", "whose", "a", "--json").code in (0, 1)
    lab.get("fix", "retry")
    after = lab.get("reset", "--seed", "2")
    assert (after["scenario"], after["seed"]) == ("rate-limit", 2)
    assert lab.tree()[0].pid == console
    status = lab.get("status")
    assert status["state"] in ("baseline", "breaking", "open")
    assert status["score"]["answered"] == 0
    assert status["mitigation"] is None
    assert status["key"] != before["key"]
    assert lab.run("stop").code == 0
    assert eventually(lambda: not lab.processes())


def test_stopping_during_a_load_test_leaves_nothing(lab: WholeLab) -> None:
    lab.start("rate-limit", "--windows", "prove")
    tree = lab.tree()
    with subprocess.Popen(
        [sys.executable, "-m", "lab.cli", "load"], env=lab.env(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as loading:
        assert eventually(lambda: lab.get("status")["state"] == "loading", 20)
        tree = lab.tree()
        assert lab.run("stop").code == 0
        loading.wait(20)
    assert eventually(lambda: not any(process.is_running() for process in tree))
    assert eventually(lambda: not lab.processes())


def test_revealing_the_fix_names_the_right_one_even_after_a_wrong_try(lab: WholeLab) -> None:
    lab.start("rate-limit", "--windows", "prove")
    lab.get("fix", "retry")
    revealed = lab.get("hint", "--reveal", "fix", "--yes")
    assert "lab fix queue-payments" in revealed["truth"]
    assert "more calls against the same quota" in revealed["truth"].lower()
    assert lab.get("status")["score"]["points"] == 0


def checkouts(lab: WholeLab) -> dict[str, float]:
    """RED of checkouts during the incident."""
    words = ("--service", "gateway", "--route", "POST /api/v1/orders", "--since", "incident")
    red: dict[str, float] = lab.get("metrics", *words)["red"]
    return red


def test_two_seeds_ask_for_different_numbers_of_their_own_runs(lab: WholeLab) -> None:
    shares = []
    for seed in ("1", "3"):
        lab.start("rate-limit", "--seed", seed, "--windows", "prove")
        assert eventually(lambda: checkouts(lab)["requests"] > 250, 40)
        shares.append(checkouts(lab)["error_share"])
        graded = lab.get("diagnose", "size", f"{shares[-1] * 100:.1f} %")
        assert graded["verdict"] == "right"
        assert lab.run("stop").code == 0
    assert shares[0] > shares[1] + 0.05, "a smaller quota refuses more"
