"""`docker compose down`, crashes and typos on a lab in containers: nothing that a learner did is lost."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from contained_lab import Contained, docker, leftovers

pytestmark = [pytest.mark.docker, pytest.mark.timeout(600)]
ROOT = Path(__file__).parents[2]
PROGRESS = "/var/lib/faultlab/progress.jsonl"


def line(session: str) -> dict[str, Any]:
    """One session's result, as progress keeps it."""
    return {"session": session, "scenario": "x", "title": "X", "share": 1.0, "passed": True, "at_s": 1.0}


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Contained]:
    contained = Contained(tmp_path / "home")
    try:
        yield contained
    finally:
        contained.clean_up()


def down(lab: Contained) -> None:
    command = ["docker", "compose", "--project-name", lab.project, "down", "--timeout", "1"]
    env = {**os.environ, **lab.env(), "LAB_ID": lab.project}
    done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr


def sessions(text: str) -> set[str]:
    return {json.loads(one)["session"] for one in text.splitlines()}


def test_down_loses_no_progress(lab: Contained) -> None:
    lab.get("start", "api-basics", "--runtime", "compose", "--no-wait", within_s=300)
    lab.inside("lab", f"echo '{json.dumps(line('there'))}' >> {PROGRESS}")
    (lab.home / "progress.jsonl").write_text(json.dumps(line("here")) + "\n", encoding="utf-8")
    down(lab)
    lab.get("start", "--runtime", "compose", "--no-wait", within_s=300)
    assert sessions(lab.inside("lab", f"cat {PROGRESS}")) >= {"here", "there"}
    lab.inside("lab", f"echo '{json.dumps(line('later'))}' >> {PROGRESS}")
    down(lab)
    assert lab.run("stop").code == 0
    assert sessions((lab.home / "progress.jsonl").read_text(encoding="utf-8")) >= {"here", "there", "later"}
    assert list(lab.home.glob("sessions/*/journal.jsonl"))
    assert leftovers(lab.project) == []


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A scenario of somebody's own in their home, where nobody else may look."""
    home = tmp_path / "you"
    home.mkdir(mode=0o700)
    (home / "diary.txt").write_text("private", encoding="utf-8")
    (home / "other-lesson").mkdir()
    scenario = home / "own-lesson"
    shutil.copytree(ROOT / "scenarios/api-basics", scenario)
    return scenario


def test_a_scenario_of_ones_own_outlives_a_reboot_and_a_typo(lab: Contained, own: Path) -> None:
    begun = lab.get("start", str(own), "--runtime", "compose", "--no-wait", within_s=300)
    assert lab.inside("lab", "ls /scenarios") == "own-lesson", "what is beside it is not shown"
    docker("stop", "--timeout", "1", *(lab.container(name) for name in ("lab", "gateway", "orders", "partner", "db")))
    typo = lab.run("start", "own-leson", "--runtime", "compose", within_s=300)
    assert "There is no scenario called" in " ".join(typo.err.split())
    again = lab.get("start", "--no-wait", within_s=300)
    assert (again["scenario"], again["resumed"]) == ("own-lesson", True)
    assert again["seed"] == begun["seed"]


def test_a_scenario_that_the_containers_may_not_read_is_told_so(lab: Contained, own: Path) -> None:
    own.chmod(0o700)
    said = lab.run("start", str(own), "--runtime", "compose", within_s=300)
    assert said.code == 4
    assert "'/scenarios/own-lesson' cannot be read: permission denied." in " ".join(said.err.split())
    assert leftovers(lab.project) == []
