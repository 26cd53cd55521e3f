"""`lab` with a Docker that does as told."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes_docker import FakeDocker
from lab_on_fakes import Lab, Result

from lab.cli import invocation
from lab.cli.root import run

if sys.platform == "win32":
    collect_ignore_glob = ["test_*.py"]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty LAB_HOME; 80 columns."""
    monkeypatch.setenv("LAB_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("LAB_DEBUG", raising=False)
    return tmp_path / "home"


@pytest.fixture
def docker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeDocker]:
    """An engine and a program; a socket's path must be short."""
    docker = FakeDocker(tmp_path_factory.mktemp("d"))
    yield docker
    docker.close()


@pytest.fixture
def lab(home: Path, docker: FakeDocker, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Lab:
    """Runs a command line here, with what the fake Docker says by now."""
    monkeypatch.setattr(invocation, "prefix", lambda: "lab")

    def call(*args: str) -> Result:
        for name, value in docker.env().items():
            monkeypatch.setenv(name, value)
        capsys.readouterr()
        code = run(args)
        out, err = capsys.readouterr()
        return Result(code, out, err)

    return call
