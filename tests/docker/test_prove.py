"""Scenarios proved in containers, by the same steps as on this machine."""

from pathlib import Path

import pytest
from contained_lab import IMAGE, docker
from whole_lab import WholeLab

from lab.containers.engine import LABEL

pytestmark = [pytest.mark.docker, pytest.mark.timeout(900)]


class InContainers(WholeLab):
    """`lab` with the tests' image."""

    def env(self) -> dict[str, str]:
        return {**super().env(), "LAB_IMAGE": IMAGE}


def labs() -> set[str]:
    return set(docker("ps", "--all", "--quiet", "--filter", f"label={LABEL}").split())


def test_a_lesson_is_proved_in_containers_and_nothing_is_left(tmp_path: Path) -> None:
    before = labs()
    said = InContainers(tmp_path / "home").run(
        "scenario", "prove", "api-basics", "webhooks", "--runtime", "compose", "--json", within_s=600
    )
    assert said.code == 0, said.err + said.out[-2000:]
    (proof,) = said.json["proofs"]
    assert (proof["scenario"], proof["ok"]) == ("api-basics", True)
    steps = {step["name"]: step for step in proof["steps"]}
    assert steps["stop"]["state"] == "ok"
    assert any(row["what"].startswith("containers (4") for row in steps["leaks"]["rows"])
    assert "webhooks" in said.err, "what is left out is said"
    assert labs() == before


def test_what_cannot_run_in_containers_is_refused_with_the_way_that_works(tmp_path: Path) -> None:
    said = InContainers(tmp_path / "home").run("scenario", "prove", "webhooks", "--runtime", "compose")
    assert said.code == 4
    assert "leave out --runtime" in " ".join(said.err.split())
