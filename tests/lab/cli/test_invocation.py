"""Printed commands work in the shell that printed them."""

import os
import shlex
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from fakes_console import FakeConsole

from lab.cli import invocation
from lab.cli.invocation import marked, pasteable

MARKED = [
    ("See them: lab fix", "See them: `lab fix`"),
    ("Go on with it (lab status), or end it: lab stop", "Go on with it (`lab status`), or end it: `lab stop`"),
    ("Applied. Then prove it: lab load.", "Applied. Then prove it: `lab load`."),
    ("As `lab logs` shows.", "As `lab logs` shows."),
    ("The lab stopped (lab is short).", "The lab stopped (`lab is short`)."),
    ("The lab is fine: lab", "The lab is fine: lab"),
]


@pytest.mark.parametrize(("said", "shown"), MARKED)
def test_a_command_in_a_sentence_is_marked_as_one(said: str, shown: str) -> None:
    assert marked(said) == shown


def test_only_a_command_is_rewritten() -> None:
    assert pasteable("lab logs x", "./lab") == "./lab logs x"
    assert pasteable("labour", "./lab") == "labour"
    assert pasteable("locust -f lab.py", "./lab") == "locust -f lab.py"


def program(directory: Path) -> Path:
    """A `lab` program."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / "lab"
    path.write_text(f"#!{sys.executable}\nfrom lab.cli import main\nmain()\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@pytest.fixture
def environment(home: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Without LAB_HOME, as for most people."""
    return {name: value for name, value in os.environ.items() if name != "LAB_HOME"} | {"HOME": str(home.parent)}


def steps(output: str) -> list[str]:
    """The commands in backticks."""
    return invocation.re.findall(r"`([^`]+)`", " ".join(output.split()))


def test_on_path_it_is_lab(environment: dict[str, str], tmp_path: Path) -> None:
    environment["PATH"] = f"{program(tmp_path / 'bin').parent}{os.pathsep}{environment['PATH']}"
    done = subprocess.run(["lab", "status"], env=environment, capture_output=True, text=True, timeout=60)
    assert steps(done.stderr) == ["lab start rate-limit", "lab list"]


def test_off_path_it_is_what_was_typed_and_quoted(environment: dict[str, str], tmp_path: Path) -> None:
    program(tmp_path / "a dir")
    done = subprocess.run(
        ["./a dir/lab", "status"], env=environment, capture_output=True, text=True, timeout=60, cwd=tmp_path
    )
    assert steps(done.stderr) == ["'./a dir/lab' start rate-limit", "'./a dir/lab' list"]


def test_as_a_module_it_is_the_module(environment: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "lab.cli", "status"], env=environment, capture_output=True, text=True, timeout=60
    )
    assert all(command.split(" -m lab.cli ")[1] in ("start rate-limit", "list") for command in steps(done.stderr))


def test_a_printed_command_reaches_the_same_lab_again(environment: dict[str, str], tmp_path: Path) -> None:
    console = FakeConsole(tmp_path / "my lab").start()
    path = program(tmp_path / "bin")
    shell = f"LAB_HOME={shlex.quote(str(console.home))} {path} partner status"
    done = subprocess.run(["sh", "-c", shell], env=environment, capture_output=True, text=True, timeout=60)
    command = next(line.strip() for line in done.stderr.splitlines() if "bin/lab" in line)
    again = subprocess.run(["sh", "-c", command], env=environment, capture_output=True, text=True, timeout=60)
    console.close()
    assert command.startswith("LAB_HOME='")
    assert again.returncode == 0
    assert "Orders and money" in again.stdout
