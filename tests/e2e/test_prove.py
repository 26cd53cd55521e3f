"""The gate, live: scenarios that are broken on purpose, each refused for exactly that reason.

Every step is also tested on records (tests/lab/proof); here one sees that the labs show what the records say.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from broken_scenarios import mend
from shaped_scenarios import CONTROL, TUTORIAL, write
from whole_lab import WholeLab, eventually

pytestmark = [pytest.mark.e2e, pytest.mark.long, pytest.mark.timeout(1200)]  # waiting for its turn to prove included


def new(lab: WholeLab, folder: Path) -> Path:
    """The scenario that `lab scenario new` writes, of which one proof is a test of its own (test_wheel)."""
    lab.get("scenario", "new", str(folder))
    return folder


def never(folder: Path) -> None:
    """A fault that hardly ever does anything."""
    mend(folder, "share: {choose: [25%, 30%, 35%]}", "share: {choose: [0.1%, 0.2%]}")
    mend(folder, "prove: {baseline: 4s, symptoms: 20s", "prove: {baseline: 4s, symptoms: 6s")


def misled(folder: Path) -> None:
    """Sick from the start; its right fix does not fix and a wrong one does; its evidence is nowhere."""
    mend(
        folder,
        "partner_backoff_ms: 50}}",
        "partner_backoff_ms: 50}}\n  - setting: {service: partner, name: failure_share, value: 0.08}",
    )
    mend(folder, '{edge: "orders->partner", above: 3%}', '{edge: "orders->partner", above: 28%}')
    mend(folder, 'route: "POST /api/v1/orders", above: 3%}', 'route: "POST /api/v1/orders", above: 28%}')
    mend(folder, "share: {choose: [25%, 30%, 35%]}", "share: {choose: [90%, 95%]}")
    mend(
        folder, "service: orders, name: partner_retries, value: 6,", "service: partner, name: v1_enabled, value: true,"
    )
    mend(folder, '- {trace: "service:orders kind:client peer:partner status:503"}', '- {log: "event:meteor.strike"}')
    mend(folder, '        - {log: "service:orders level:>=warn peer:partner"}\n', "")


@pytest.fixture(scope="module")
def proofs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, dict[str, Any]]]:
    """All of them proved by one command, so that they share its consoles."""
    work = tmp_path_factory.mktemp("gate")
    lab = WholeLab(work / "home")
    weak, wrong = new(lab, work / "never"), new(lab, work / "storefront")
    never(weak)
    misled(wrong)
    sound = [write(work / "tour", TUTORIAL), write(work / "worried", CONTROL)]
    said = lab.run("scenario", "prove", *map(str, [weak, wrong, *sound]), "--json", within_s=540)
    assert said.code == 1, said.err
    yield {one["scenario"]: one for one in said.json["proofs"]}
    lab.clean_up()


def step(proof: dict[str, Any], name: str) -> dict[str, Any]:
    return next(one for one in proof["steps"] if one["name"] == name)


def instead(proof: dict[str, Any], name: str) -> str:
    """What a failed step says."""
    assert step(proof, name)["state"] == "failed", step(proof, name)
    return " ".join(row["instead"] for row in step(proof, name)["rows"] if not row["ok"])


def test_a_symptom_that_never_appears_is_refused_with_what_was_seen(proofs: dict[str, Any]) -> None:
    said = instead(proofs["never"], "symptoms")
    assert "did not show itself within 6 s: errors of orders->partner was" in said
    assert [one["name"] for one in proofs["never"]["steps"] if one["state"] == "failed"] == ["symptoms"]
    assert step(proofs["never"], "wrong fixes")["state"] == "not reached"


def test_a_shop_that_is_sick_before_the_fault_is_refused(proofs: dict[str, Any]) -> None:
    assert "must be" in instead(proofs["storefront"], "baseline")


def test_evidence_that_does_not_exist_is_refused(proofs: dict[str, Any]) -> None:
    assert "No record like that" in instead(proofs["storefront"], "evidence")
    assert "No record of this run is one that is accepted" in instead(proofs["storefront"], "solver")


def test_a_right_fix_that_does_not_fix_is_refused(proofs: dict[str, Any]) -> None:
    assert "and must be" in instead(proofs["storefront"], "right fixes")


def test_an_id_that_shows_in_the_running_shop_is_refused(proofs: dict[str, Any]) -> None:
    assert "'storefront' in the" in instead(proofs["storefront"], "leaks")


def test_what_is_sound_in_a_broken_scenario_is_not_refused(proofs: dict[str, Any]) -> None:
    for name in ("reads", "faults", "symptoms", "guessing", "nothing", "stop"):
        assert step(proofs["storefront"], name)["state"] == "ok", step(proofs["storefront"], name)


@pytest.mark.parametrize(("name", "shape"), [("tour", "tutorial"), ("worried", "control")])
def test_lessons_in_which_nothing_breaks_are_proved_by_steps_of_their_own(
    name: str, shape: str, proofs: dict[str, Any]
) -> None:
    proof = proofs[name]
    assert proof["shape"] == shape
    assert proof["ok"], [row for one in proof["steps"] for row in one["rows"] if not row["ok"]]
    names = [one["name"] for one in proof["steps"]]
    assert ("calm" in names) is (shape == "control")
    assert not {"symptoms", "wrong fixes", "right fixes", "revert"} & set(names)


def test_ctrl_c_in_the_middle_of_a_proof_leaves_nothing(tmp_path: Path) -> None:
    lab = WholeLab(tmp_path / "home")
    words = [sys.executable, "-m", "lab.cli", "scenario", "prove", "rate-limit"]
    env = {**lab.env(), "TMPDIR": str(tmp_path), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(words, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as proving:
        tree = psutil.Process(proving.pid)
        assert eventually(lambda: len(tree.children(recursive=True)) >= 4, 60)
        children = tree.children(recursive=True)
        proving.send_signal(signal.SIGINT)
        _, said = proving.communicate(timeout=60)
    assert proving.returncode == 130
    assert "everything it had started is ended" in " ".join(said.split())
    assert "Traceback" not in said
    assert eventually(lambda: not any(one.is_running() for one in children), 10)
    assert [path for path in tmp_path.iterdir() if path.name.startswith("lab-")] == []


def test_a_proof_that_is_killed_takes_its_labs_with_it(tmp_path: Path) -> None:
    lab = WholeLab(tmp_path / "home")
    words = [sys.executable, "-m", "lab.cli", "scenario", "prove", "rate-limit"]
    env = {**lab.env(), "TMPDIR": str(tmp_path)}
    with subprocess.Popen(words, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as proving:
        tree = psutil.Process(proving.pid)
        assert eventually(lambda: len(tree.children(recursive=True)) >= 4, 60)
        children = tree.children(recursive=True)
        os.kill(proving.pid, signal.SIGKILL)
        proving.wait(10)
    assert eventually(
        lambda: not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in children), 15
    )
