"""A home, a fake console in it, and `lab` run in this process at 80 columns in UTC."""

import sys
import time
import types
from collections.abc import Iterator
from pathlib import Path

import fakes_console_answers as canned
import pytest
from fakes_console import FakeConsole
from lab_on_fakes import FAKE, Lab, Result

from lab.cli import invocation
from lab.cli.root import run
from lab.core.errors import NotFound
from lab.remote import spawn


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty LAB_HOME; 80 columns, UTC, no colours."""
    monkeypatch.setenv("LAB_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.delenv("LAB_DEBUG", raising=False)
    time.tzset()
    yield tmp_path / "home"
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def lab(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Lab:
    """Runs a command line here; `lab` in what it prints stands for itself."""
    monkeypatch.setattr(invocation, "prefix", lambda: "lab")

    def call(*args: str) -> Result:
        capsys.readouterr()
        code = run(args)
        out, err = capsys.readouterr()
        return Result(code, out, err)

    return call


@pytest.fixture
def startable(monkeypatch: pytest.MonkeyPatch, lab: Lab) -> Iterator[None]:
    """`lab start` starts the fake console as a process; it is stopped at the end."""
    monkeypatch.setattr(spawn, "MODULE", FAKE)
    monkeypatch.setattr(spawn, "console_command", lambda: [sys.executable, FAKE])
    yield
    lab("stop")


@pytest.fixture
def console(home: Path) -> Iterator[FakeConsole]:
    """A console with an open incident."""
    fake = FakeConsole(home).start()
    yield fake
    fake.close()


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    """Stands in for what can be said with nothing running."""
    fake = types.ModuleType("lab.session.offline")
    runs = [{"scenario": "rate-limit", "share": 0.85}]
    score = {"id": "rate-limit", "title": "The campaign that broke checkout", "best": 0.85, "passed": True, "tries": 2}

    def term(name: str) -> dict[str, object]:
        if name != "p95":
            raise NotFound(f"There is no explanation of {name!r}.", "Did you mean 'p95'? See them all: lab explain")
        short = "the time within which 19 of 20 requests were answered."
        return {"term": "p95", "short": short, "long": "Sort all requests by **duration** …", "see": ["p50", "p99"]}

    fake.__dict__.update(
        scenarios=lambda dirs, home: canned.SCENARIOS,
        progress=lambda home: {
            "runs": runs,
            "scenarios": [{**score, "last_at": canned.NOW}],
            "skills": [{"skill": "rate-limit", "share": 0.85, "scenarios": 1}],
        },
        term=term,
        terms=lambda: ["429", "p95"],
        last_report=lambda home: canned.REPORT,
    )
    import lab.session

    monkeypatch.setitem(sys.modules, "lab.session.offline", fake)
    monkeypatch.setattr(lab.session, "offline", fake, raising=False)
    return fake
