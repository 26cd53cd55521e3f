"""The wheel alone is the whole product: scenarios, services and commands, from an empty directory."""

import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest
from whole_lab import WholeLab

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]
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
    assert {row["id"] for row in lab.get("list")} == shipped
