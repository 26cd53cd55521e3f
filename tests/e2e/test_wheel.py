"""The wheel alone is the whole product: scenarios, services and commands, from an empty directory."""

import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest
from whole_lab import WholeLab

pytestmark = [pytest.mark.e2e, pytest.mark.long, pytest.mark.timeout(1200)]  # waiting for its turn to prove included
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`lab` of a virtual environment that holds the built wheel; its libraries are those of this one."""
    work = tmp_path_factory.mktemp("wheel")
    source = work / "source"
    for name in ("lab", "services", "scenarios"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(work), str(source)]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = work.glob("faultlab-*.whl")
    venv.create(work / "venv", with_pip=True)
    python = work / "venv" / "bin" / "python"
    subprocess.run(
        [python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", str(wheel)],
        check=True,
        capture_output=True,
    )
    (site,) = (work / "venv").glob("lib/python*/site-packages")
    # a path in a .pth file does not make that folder's own .pth files count, so this checkout stays out of sight
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    return work / "venv" / "bin" / "lab"


PACK = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "our-incidents"
version = "1.0"

[project.entry-points."lab.scenarios"]
our-incidents = "our_incidents"

[tool.hatch.build.targets.wheel]
packages = ["our_incidents"]
"""


@pytest.fixture(scope="module")
def pack(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pack of one scenario, built as a wheel and installed; returns the file that appears if it is imported."""
    work = tmp_path_factory.mktemp("pack")
    mark = work / "imported"
    package = work / "our_incidents"
    shutil.copytree(ROOT / "scenarios" / "slow-partner", package / "slow-friend")
    (package / "__init__.py").write_text(f"open({str(mark)!r}, 'w').close()\n", encoding="utf-8")
    (work / "pyproject.toml").write_text(PACK, encoding="utf-8")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(work), str(work)]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = work.glob("our_incidents-*.whl")
    python = installed.parent / "python"
    subprocess.run(
        [python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", str(wheel)],
        check=True,
        capture_output=True,
    )
    return mark


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    place = tmp_path / "empty"
    place.mkdir()
    return place


def test_from_an_empty_directory_a_scenario_is_written_checked_and_proved(
    installed: Path, tmp_path: Path, empty: Path
) -> None:
    lab = WholeLab(tmp_path / "home", (str(installed),))
    assert lab.run("scenario", "new", "our-outage", cwd=empty).code == 0
    assert lab.run("scenario", "check", "our-outage", cwd=empty).code == 0
    try:
        said = lab.run("scenario", "prove", "our-outage", "--jobs", "2", "--json", cwd=empty, within_s=280)
        assert said.code in (0, 1), said.err
        (proof,) = said.json["proofs"]
        failed = [row for step in proof["steps"] for row in step["rows"] if not row["ok"]]
        assert proof["ok"], failed
        assert len(proof["steps"]) >= 14
    finally:
        lab.clean_up()


def test_a_folder_of_scenarios_is_listed_and_started_from_by_name(installed: Path, tmp_path: Path, empty: Path) -> None:
    lab = WholeLab(tmp_path / "home", (str(installed),))
    assert lab.run("scenario", "new", "ours/our-campaign", "--like", "rate-limit", cwd=empty).code == 0
    listed = lab.run("list", "--scenarios", "ours", "--json", cwd=empty).json
    assert "our-campaign" in {row["id"] for row in listed}
    try:
        said = lab.run("start", "our-campaign", "--scenarios", "ours", "--no-wait", "--json", cwd=empty)
        assert said.code == 0, said.err
        assert said.json["title"] == "Like the campaign that broke checkout"
    finally:
        lab.run("stop", cwd=empty)
        lab.clean_up()


def test_an_installed_pack_is_found_and_never_imported(
    installed: Path, pack: Path, tmp_path: Path, empty: Path
) -> None:
    lab = WholeLab(tmp_path / "home", (str(installed),))
    rows = {row["id"]: row for row in lab.get("list")}
    assert rows["slow-friend"]["source"] == "pack our-incidents"
    assert rows["slow-friend"]["title"] == "The shop that hangs"
    assert lab.run("scenario", "check", "slow-friend", cwd=empty).code == 0
    try:
        started = lab.run("start", "slow-friend", "--no-wait", "--json", cwd=empty)
        assert started.code == 0, started.err
        assert started.json["scenario"] == "slow-friend"
        lab.run("stop", cwd=empty)
    finally:
        lab.clean_up()
    assert not pack.exists(), "data only: nothing of a pack is run"


def test_the_wheel_runs_a_scenario_from_an_empty_directory(installed: Path, tmp_path: Path) -> None:
    lab = WholeLab(tmp_path / "home", (str(installed),))
    empty = tmp_path / "empty"
    empty.mkdir()
    try:
        said = lab.run("start", "rate-limit", "--no-wait", "--json", cwd=empty)
        assert said.code == 0, said.err
        for process in lab.tree():
            assert str(ROOT) not in " ".join(process.cmdline())
        assert lab.get("request", "GET", "/api/v1/products")["status"] == 200
        assert lab.run("stop", cwd=empty).code == 0
        assert list(empty.iterdir()) == []
    finally:
        lab.clean_up()


def test_the_wheel_lists_every_scenario_of_this_checkout(installed: Path, tmp_path: Path) -> None:
    lab = WholeLab(tmp_path / "home", (str(installed),))
    shipped = {path.parent.name for path in (ROOT / "scenarios").glob("*/scenario.yaml")}
    assert {row["id"] for row in lab.get("list") if row["source"] == "shipped"} == shipped
