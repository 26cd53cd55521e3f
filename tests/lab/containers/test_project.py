"""The project that docker-compose.yml describes: where it is, what it is called, when its image is built anew."""

import shutil
import time
from pathlib import Path

import pytest

from lab.containers import project
from lab.containers.project import Project, Published, local_zone, name_for

PORTS = Published(7700, 8000)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """As much of a clone as the image is made of, and a bit more."""
    for name in ("lab", "services", "scenarios", "docs"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.py").write_text("1", encoding="utf-8")
    for name in ("Dockerfile", "pyproject.toml", "requirements.lock"):
        shutil.copy(project.folder() / name, tmp_path)
    return tmp_path


def source(folder: Path) -> str:
    return Project(folder, "x", PORTS).source()


def test_code_that_is_in_the_image_makes_another_image(clone: Path) -> None:
    before = source(clone)
    assert source(clone) == before
    for changed in ("lab/a.py", "scenarios/new.yaml", "Dockerfile"):
        (clone / changed).write_text(f"another {changed}", encoding="utf-8")
        after = source(clone)
        assert after != before
        before = after


def test_what_is_not_in_the_image_does_not(clone: Path) -> None:
    before = source(clone)
    (clone / "docs" / "a.py").write_text("2", encoding="utf-8")
    (clone / "lab" / "__pycache__").mkdir()
    (clone / "lab" / "__pycache__" / "a.pyc").write_bytes(b"x")
    assert source(clone) == before


def test_a_single_scenario_is_shown_under_its_name_and_a_folder_of_some_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "scenario.yaml").touch()
    for shown, at in ((tmp_path, "/scenarios"), (tmp_path / "mine", "/scenarios/mine")):
        env = Project(tmp_path, "x", PORTS, shown)._env()
        assert (env["LAB_SCENARIOS"], env["LAB_SCENARIOS_AT"]) == (str(shown), at)


def test_each_home_has_containers_of_its_own(tmp_path: Path) -> None:
    usual = tmp_path / "usual"
    assert name_for(usual, usual) == "faultlab"
    assert name_for(tmp_path / "a", usual) != name_for(tmp_path / "b", usual)
    assert name_for(tmp_path / "a", usual) == name_for(tmp_path / "a", usual)


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/St_Johns", "Asia/Kathmandu", "Pacific/Honolulu"])
def test_the_containers_clock_shows_what_this_machines_does(zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    here, there = time.strftime("%H:%M"), local_zone()
    monkeypatch.setenv("TZ", there)
    time.tzset()
    assert time.strftime("%H:%M") == here
    monkeypatch.undo()
    time.tzset()
