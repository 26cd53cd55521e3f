"""`docker compose down`, crashes and typos on a lab in containers: nothing that a learner did is lost."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from contained_lab import Contained, leftovers

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
