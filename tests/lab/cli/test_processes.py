"""`lab` as a real process: Ctrl-C, strange terminals, full disks, consoles that die."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from fakes_console import FakeConsole
from lab_on_fakes import FAKE

from lab.remote import spawn

LAB = [sys.executable, str(Path(FAKE).with_name("lab_on_fakes.py"))]


@pytest.fixture
def environment(home: Path) -> Iterator[dict[str, str]]:
    """A process's environment; whatever it leaves running is stopped."""
    yield {**os.environ, "LAB_HOME": str(home), "PYTHONUNBUFFERED": "1"}
    subprocess.run([*LAB, "stop"], env={**os.environ, "LAB_HOME": str(home)}, capture_output=True, timeout=30)


def consoles(home: Path) -> list[int]:
    """The fake consoles of this home that run."""
    found = []
    for process in psutil.process_iter(["pid", "cmdline", "status"]):
        words = process.info["cmdline"] or []
        if FAKE in words and str(home) in words and process.info["status"] != psutil.STATUS_ZOMBIE:
            found.append(process.info["pid"])
    return found


def interrupted(args: list[str], seen: bytes, environment: dict[str, str]) -> tuple[int, str]:
    """Run, press Ctrl-C once `seen` was printed; exit code and everything printed."""
    process = subprocess.Popen([*LAB, *args], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert process.stdout is not None
    text = b""
    with process.stdout:
        while seen not in text:
            piece = process.stdout.read1(65536)
            assert piece, text
            text += piece
        process.send_signal(signal.SIGINT)
        text += process.stdout.read()
    return process.wait(timeout=30), text.decode()


def test_ctrl_c_during_the_start_stops_everything(environment: dict[str, str], home: Path) -> None:
    code, text = interrupted(["start", "never-live"], b"Preparing the shop's database", environment)
    assert code == 130
    assert "Error: You interrupted the start; everything it had begun is stopped.\nTry: " in text
    assert consoles(home) == []
    assert not (home / "console.json").exists()


def test_ctrl_c_while_waiting_for_the_pager_leaves_the_lab_running(environment: dict[str, str], home: Path) -> None:
    code, text = interrupted(["start", "never-pages"], b"Recording a healthy baseline", environment)
    assert (code, len(consoles(home))) == (130, 1)
    assert "the lab itself keeps running" in text


def test_ctrl_c_ends_following_logs(environment: dict[str, str], home: Path) -> None:
    console = FakeConsole(home).start()
    code, text = interrupted(["logs", "--follow"], b"Waiting for new records", environment)
    console.close()
    assert code == 130
    assert text.endswith("Waiting for new records; Ctrl-C ends this.\n")


def test_following_shows_every_new_record_once(environment: dict[str, str], home: Path) -> None:
    del environment["COLUMNS"]  # in a pipe a record is one line
    console = FakeConsole(home).start()
    first = console.answers["GET", "/api/logs"]["logs"]
    process = subprocess.Popen([*LAB, "logs", "--follow"], env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process.stdout as lines:
        seen = [lines.readline() for _ in first]
        for number in (2001, 2002):
            new = {**first[0], "id": number, "ref": f"log:{number}", "message": f"new {number}"}
            console.answers["GET", "/api/logs"]["logs"] = [new, *console.answers["GET", "/api/logs"]["logs"]]
            seen.append(lines.readline())
        process.send_signal(signal.SIGINT)
        seen += lines.readlines()
    process.wait(timeout=30)
    console.close()
    assert [line.split()[1] for line in seen] == ["log:1040", "log:1041", "log:1042", "log:2001", "log:2002"]


def test_the_console_outlives_the_command_that_started_it_in_a_session_of_its_own(
    environment: dict[str, str], home: Path
) -> None:
    done = subprocess.run([*LAB, "start", "rate-limit", "--no-wait"], env=environment, capture_output=True, timeout=60)
    (pid,) = consoles(home)
    assert done.returncode == 0
    assert os.getsid(pid) == pid


def test_a_killed_console_is_told(environment: dict[str, str], home: Path) -> None:
    subprocess.run([*LAB, "start", "rate-limit", "--no-wait"], env=environment, capture_output=True, timeout=60)
    os.kill(consoles(home)[0], signal.SIGKILL)
    done = subprocess.run([*LAB, "status"], env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 3
    assert "The lab stopped unexpectedly" in done.stderr
    assert "start` brings it back" in done.stderr.replace("\n       ", " ")


def test_a_console_whose_address_file_is_damaged_is_found_by_its_lock(environment: dict[str, str], home: Path) -> None:
    console = FakeConsole(home).start()
    address = home / "console.json"
    address.replace(home / "console.lock")
    address.write_bytes(b"\x00{")
    done = subprocess.run([*LAB, "status"], env=environment, capture_output=True, text=True, timeout=60)
    console.close()
    assert done.returncode == 0, done.stderr


def test_a_console_that_hangs_is_said_to_hang_and_can_be_stopped(environment: dict[str, str], home: Path) -> None:
    subprocess.run([*LAB, "start", "rate-limit", "--no-wait"], env=environment, capture_output=True, timeout=60)
    os.kill(consoles(home)[0], signal.SIGSTOP)
    status = subprocess.run([*LAB, "status"], env=environment, capture_output=True, text=True, timeout=60)
    stop = subprocess.run([*LAB, "stop"], env=environment, capture_output=True, text=True, timeout=60)
    assert (status.returncode, stop.returncode) == (4, 0)
    assert "does not answer" in status.stderr
    assert consoles(home) == []


def test_stopping_leaves_no_process_and_no_address(environment: dict[str, str], home: Path) -> None:
    subprocess.run([*LAB, "start", "rate-limit", "--no-wait"], env=environment, capture_output=True, timeout=60)
    first = subprocess.run([*LAB, "stop"], env=environment, capture_output=True, timeout=60)
    second = subprocess.run([*LAB, "stop"], env=environment, capture_output=True, timeout=60)
    assert (first.returncode, second.returncode) == (0, 3)
    assert consoles(home) == []
    assert not (home / "console.json").exists()


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_a_terminal_without_unicode_gets_plain_characters(
    encoding: str, environment: dict[str, str], home: Path
) -> None:
    console = FakeConsole(home).start()
    environment |= {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    done = [
        subprocess.run([*LAB, *args], env=environment, capture_output=True, timeout=60)
        for args in (["metrics"], ["traces", "4bf92f35"], ["partner", "status"], ["metrics", "--json"])
    ]
    console.close()
    assert [one.returncode for one in done] == [0, 0, 0, 0]
    assert b"?" not in b"".join(one.stdout for one in done)
    json.loads(done[-1].stdout.decode(encoding))


def test_a_reader_that_leaves_early_is_no_error(environment: dict[str, str], home: Path) -> None:
    console = FakeConsole(home).start()
    log = console.answers["GET", "/api/logs"]["logs"][0]
    console.answers["GET", "/api/logs"]["logs"] = [{**log, "id": n} for n in range(5000)]
    shell = f"{' '.join(LAB)} logs | head -n 1"
    done = subprocess.run(shell, shell=True, env=environment, capture_output=True, text=True, timeout=60)
    console.close()
    assert "Traceback" not in done.stderr
    assert "Error" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize("args", [["metrics"], ["metrics", "--json"]], ids=" ".join)
def test_a_full_disk_is_one_sentence(args: list[str], environment: dict[str, str], home: Path) -> None:
    console = FakeConsole(home).start()
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [*LAB, *args], env=environment, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60
        )
    console.close()
    assert done.returncode == 4
    assert "no space left on device" in done.stderr
    assert "Traceback" not in done.stderr


def test_of_two_starts_at_once_the_slower_one_leaves_the_quicker_one_alone(home: Path) -> None:
    quicker = FakeConsole(home).start()
    slower = subprocess.Popen([sys.executable, "-c", "raise SystemExit(4)"])
    slower.wait(timeout=30)
    spawn.end(home, slower)
    quicker.close()
    assert (home / "console.json").exists()
