"""What the lab needs and what there is."""

import json
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from fakes_console import FakeConsole
from lab_on_fakes import Lab
from platforms import forks

from lab.cli.commands import doctor
from lab.scenario import find, listed
from lab.scenario.model import DataSet
from lab.session.home import Home


def findings(lab: Lab) -> dict[str, dict[str, str]]:
    """What the doctor says, by what it looked at."""
    return {one["what"]: one for one in json.loads(lab("doctor", "--json").out)["findings"]}


def test_a_machine_that_has_everything_is_exit_code_0_and_a_next_step(lab: Lab, home: Path) -> None:
    result = lab("doctor")
    assert result.code == 0
    assert "This machine has what the lab needs." in result.out
    assert "lab start rate-limit" in result.err


def test_too_little_disk_is_exit_code_4(lab: Lab, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Usage:
        free = 3 * 2**20

    monkeypatch.setattr(shutil, "disk_usage", lambda _place: Usage)
    result = lab("doctor")
    assert result.code == 4
    assert "3 MB" in result.out
    assert "Make room" in result.out


def test_too_little_disk_for_the_large_databases_is_only_a_note(
    lab: Lab, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Usage:
        free = 700 * 2**20

    monkeypatch.setattr(shutil, "disk_usage", lambda _place: Usage)
    found = findings(lab)["disk"]
    assert (found["state"], found["have"]) == ("note", "700 MB free")
    assert "every scenario but full-table-scan and migration" in found["remedy"]
    assert lab("doctor").code == 0
    Usage.free = 1024 * 2**20
    assert findings(lab)["disk"]["state"] == "ok"


def test_the_scenarios_that_need_more_disk_are_those_with_more_orders() -> None:
    usual = DataSet().orders
    larger = [one.id for one in listed() if find(one.id).file.data_set.orders > usual]
    assert larger == list(doctor.LARGE)


def test_too_little_memory_is_only_a_note(lab: Lab, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Memory:
        available = 2**20

    monkeypatch.setattr(psutil, "virtual_memory", lambda: Memory)
    assert findings(lab)["memory"]["state"] == "note"
    assert lab("doctor").code == 0


def test_a_missing_library_is_exit_code_4(lab: Lab, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "LIBRARIES", ("no_such_library",))
    found = findings(lab)["libraries"]
    assert found["have"] == "missing: no_such_library"
    assert "python -m pip install ." in found["remedy"], "the lab is on no package index"
    assert lab("doctor").code == 4


def test_a_taken_port_is_a_note_because_the_next_one_serves(
    lab: Lab, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        monkeypatch.setattr(doctor, "PORTS", {taken.getsockname()[1]: "the console"})
        (port,) = [one for what, one in findings(lab).items() if what.startswith("port")]
    assert (port["state"], port["have"]) == ("note", "taken; the next free one is used")


def test_a_running_lab_is_named(lab: Lab, console: FakeConsole) -> None:
    assert findings(lab)["running lab"]["have"] == "rate-limit (open)"


def test_a_lab_that_died_is_told_with_its_remedy(lab: Lab, console: FakeConsole) -> None:
    console.close()
    found = findings(lab)["running lab"]
    assert (found["state"], found["have"]) == ("note", "stopped unexpectedly")
    assert "lab start" in found["remedy"]


LEFT_BEHIND = """
import os, sys, time
from setproctitle import setproctitle

if os.fork():
    os._exit(0)
os.setsid()
setproctitle("orders")
print(os.getpid(), flush=True)
sys.stdin.read()
"""


@forks
def test_a_process_left_behind_is_named_whatever_it_calls_itself(lab: Lab, home: Path) -> None:
    folder = Home(home).runs / "0ab1" / "system"
    folder.mkdir(parents=True)
    words = [sys.executable, "-c", LEFT_BEHIND]
    with subprocess.Popen(words, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as started:
        assert started.stdout is not None
        pid = started.stdout.readline().strip()
        started.wait()
        if psutil.Process(int(pid)).ppid() != 1:
            pytest.skip("this machine gives its orphans to another process")
        found = findings(lab)["leftovers"]
    assert found["have"] == f"processes {pid}"
    assert found["remedy"] == f"End them with `kill {pid}`."


def test_nothing_is_created(lab: Lab, home: Path) -> None:
    lab("doctor")
    assert not home.exists()
