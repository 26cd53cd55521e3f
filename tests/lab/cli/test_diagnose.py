"""Answering on a real terminal (a pseudo-terminal), and what is sent for an answer."""

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fakes_console_answers as canned
import pytest
from fakes_console import FakeConsole
from lab_on_fakes import FAKE, Lab

LAB = [sys.executable, str(Path(FAKE).with_name("lab_on_fakes.py"))]


class Terminal:
    """A person at a terminal of 80 columns: sees, types."""

    def __init__(self, *args: str, **more: str) -> None:
        self.master, slave = pty.openpty()
        environment = {**os.environ, "TERM": "xterm", "NO_COLOR": "1", "COLUMNS": "80", **more}
        self.process = subprocess.Popen([*LAB, *args], stdin=slave, stdout=slave, stderr=slave, env=environment)
        os.close(slave)
        self.text = ""

    def sees(self, words: str) -> None:
        """Wait until the words are on the screen; what was seen before them counts no more."""
        deadline = time.monotonic() + 20
        while words not in self.text:
            assert time.monotonic() < deadline, self.text
            if not self._read():
                assert words in self.text, self.text
        self.text = self.text[self.text.index(words) + len(words) :]

    def _read(self) -> bool:
        if not select.select([self.master], [], [], 0.5)[0]:
            return True
        try:
            piece = os.read(self.master, 65536)
        except OSError:  # Linux says so when the other side has left
            return False
        self.text += piece.decode().replace("\r\n", "\n")
        return bool(piece)

    def types(self, line: str) -> None:
        """Type a line."""
        os.write(self.master, line.encode() + b"\n")

    def presses_ctrl_c(self) -> None:
        """Press it until it is noticed: Python misses it in the moment between a prompt and its wait for keys."""
        deadline = time.monotonic() + 20
        while not self.text and time.monotonic() < deadline:
            self.process.send_signal(signal.SIGINT)
            self._read()

    def leaves(self) -> int:
        """Wait for the end; the exit code."""
        while self._read():
            if self.process.poll() is not None and not select.select([self.master], [], [], 0.1)[0]:
                break
        return self.process.wait(timeout=20)

    def close(self) -> None:
        """Go away."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.master)


@pytest.fixture
def at_terminal(console: FakeConsole) -> Iterator[Callable[..., Terminal]]:
    """Starts `lab` on a terminal."""
    opened: list[Terminal] = []

    def start(*args: str, **more: str) -> Terminal:
        opened.append(Terminal(*args, **more))
        return opened[-1]

    yield start
    for terminal in opened:
        terminal.close()


def sent(console: FakeConsole, path: str = "/api/answers") -> list[Any]:
    """What was posted."""
    return [given for method, where, given in console.requests if (method, where) == ("POST", path)]


Start = Callable[..., Terminal]


def test_the_questions_come_one_after_the_other_from_the_first_open_one(
    at_terminal: Start, console: FakeConsole
) -> None:
    terminal = at_terminal("diagnose")
    terminal.sees("Question 2 of 4: whose")
    terminal.sees("whose> ")
    terminal.types("a")
    terminal.sees("Not yet.")
    terminal.sees("whose> ")
    terminal.types("b")
    terminal.sees("Right.")
    terminal.sees("Question 3 of 4: proof")
    terminal.types("quit")
    terminal.sees("go on where you were")
    assert terminal.leaves() == 0
    assert sent(console) == [{"question": "whose", "answer": "a"}, {"question": "whose", "answer": "b"}]


def test_one_may_skip_and_go_back(at_terminal: Start, console: FakeConsole) -> None:
    terminal = at_terminal("diagnose")
    terminal.sees("whose> ")
    terminal.types("skip")
    terminal.sees("proof> ")
    terminal.types("back")
    terminal.sees("whose> ")
    terminal.types("quit")
    assert terminal.leaves() == 0
    assert sent(console) == []


def test_going_back_passes_a_settled_question(at_terminal: Start, console: FakeConsole) -> None:
    order = ("whose", "size", "proof", "update")
    console.answers["GET", "/api/questions"] = sorted(canned.QUESTIONS, key=lambda one: order.index(one["id"]))
    terminal = at_terminal("diagnose")
    terminal.sees("whose> ")
    terminal.types("skip")
    terminal.sees("Question 2 of 4: size")
    terminal.sees("proof> ")
    terminal.types("back")
    terminal.sees("Question 2 of 4: size")
    terminal.sees("whose> ")
    terminal.types("back")
    terminal.sees("whose> ")
    terminal.types("quit")
    assert terminal.leaves() == 0


def test_a_malformed_answer_costs_nothing_and_is_asked_again(at_terminal: Start, console: FakeConsole) -> None:
    from fakes_console import problem

    console.answers["POST", "/api/answers"] = problem(
        422, "'z' is not one of the options.", "Answer a or b.", "UsageError", 2
    )
    terminal = at_terminal("diagnose")
    terminal.sees("whose> ")
    terminal.types("z")
    terminal.sees("Error: 'z' is not one of the options.")
    terminal.sees("whose> ")
    terminal.types("quit")
    assert terminal.leaves() == 0


def test_a_hint_is_priced_in_place_and_can_be_refused(at_terminal: Start, console: FakeConsole) -> None:
    terminal = at_terminal("diagnose", "whose")
    terminal.sees("whose> ")
    terminal.types("hint")
    terminal.sees("The next hint costs 3 points. Take it? [y/N]: ")
    terminal.types("n")
    terminal.sees("whose> ")
    terminal.types("quit")
    assert terminal.leaves() == 0
    assert sent(console, "/api/hints") == []


def test_an_update_is_written_over_several_lines(at_terminal: Start, console: FakeConsole) -> None:
    terminal = at_terminal("diagnose", "update")
    terminal.sees("Who is affected")
    terminal.sees("update> ")
    terminal.types("One.")
    terminal.sees("... ")
    terminal.types("Two.")
    terminal.types(".")
    terminal.sees("Not yet.")
    terminal.types("quit")
    assert terminal.leaves() == 0
    assert sent(console) == [{"question": "update", "answer": "One.\nTwo."}]


def test_an_update_may_come_from_the_editor(at_terminal: Start, console: FakeConsole, tmp_path: Path) -> None:
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\necho "41 customers cannot pay." > "$1"\n', encoding="utf-8")
    editor.chmod(0o700)
    terminal = at_terminal("diagnose", "update", EDITOR=str(editor), VISUAL="")
    terminal.sees("update> ")
    terminal.types("edit")
    terminal.sees("Not yet.")
    terminal.types("quit")
    assert terminal.leaves() == 0
    assert sent(console) == [{"question": "update", "answer": "41 customers cannot pay."}]


def test_ctrl_c_at_a_question_is_exit_code_130(at_terminal: Start) -> None:
    terminal = at_terminal("diagnose")
    terminal.sees("whose> ")
    terminal.presses_ctrl_c()
    terminal.sees("Error: Interrupted")
    assert terminal.leaves() == 130


def test_a_hint_is_only_taken_after_a_yes(at_terminal: Start, console: FakeConsole) -> None:
    terminal = at_terminal("hint")
    terminal.sees("Take it? [y/N]: ")
    terminal.types("y")
    terminal.sees("Hint 2 of 2 (3 points)")
    assert terminal.leaves() == 0
    assert sent(console, "/api/hints") == [{}]


def test_a_load_test_shows_its_progress(at_terminal: Start, console: FakeConsole) -> None:
    running = {
        **canned.LOAD,
        "state": "running",
        "progress": 0.4,
        "elapsed_s": 12.0,
        "live": {"users": 48, "rps": 47.5},
    }
    answers = [running] * 3
    console.answers["GET", "/api/load"] = lambda _given: answers.pop() if answers else canned.LOAD
    terminal = at_terminal("load")
    terminal.sees("12 s of 30 s, 48 customers, 47.5 requests/s")
    terminal.sees("FAILED")
    assert terminal.leaves() == 1


def test_colours_are_used_on_a_terminal_unless_refused(at_terminal: Start, console: FakeConsole) -> None:
    coloured = at_terminal("metrics", NO_COLOR="")
    coloured.sees("\x1b[1mOrders and money\x1b[0m")
    plain = at_terminal("metrics")
    plain.sees("\nOrders and money\n")


def test_evidence_that_is_kept_already_is_not_kept_twice(lab: Lab, console: FakeConsole) -> None:
    lab("diagnose", "proof", "log:1041")
    lab("diagnose", "proof", "e1", "log:1042", "trace:4bf92f35")
    assert sent(console, "/api/cites") == [{"ref": "log:1042"}]
    assert [given["answer"] for given in sent(console)] == [["E1"], ["E1", "E4", "E2"]]


def test_a_measurement_is_cited_with_its_scope_and_window(lab: Lab, console: FakeConsole) -> None:
    lab("cite", "--metric", "latency", "--edge", "orders->partner", "--percentile", "99", "--since", "60s")
    lab("cite", "--metric", "gauge", "--service", "orders", "--name", "db_pool_waiting", "--note", "full")
    assert sent(console, "/api/cites") == [
        {"probe": {"latency": {"edge": "orders->partner", "percentile": 99.0}}, "since": "-60s"},
        {"probe": {"gauge": {"service": "orders", "name": "db_pool_waiting"}}, "note": "full"},
    ]


def test_a_text_comes_from_a_file(lab: Lab, console: FakeConsole, tmp_path: Path) -> None:
    page = tmp_path / "update.txt"
    page.write_text("41 customers.\nMore at 15:00.\n", encoding="utf-8")
    lab("diagnose", "update", f"@{page}")
    assert sent(console) == [{"question": "update", "answer": "41 customers.\nMore at 15:00.\n"}]


@pytest.mark.parametrize(
    "last", ["update: '@missing.txt'", "whose: {answer: b, evidence: [E1]}", "update: {answer: x, since: load}"]
)
def test_a_mistake_in_the_last_answer_of_a_file_costs_no_try(
    last: str, lab: Lab, console: FakeConsole, tmp_path: Path
) -> None:
    file = tmp_path / "answers.yaml"
    file.write_text(f"proof: E1\n{last}\n", encoding="utf-8")
    assert lab("diagnose", "--answers", str(file)).code == 2
    assert sent(console) == []


def test_what_was_graded_before_a_refusal_is_told(lab: Lab, console: FakeConsole, tmp_path: Path) -> None:
    from fakes_console import problem

    graded = console.answers["POST", "/api/answers"]
    busy = problem(409, "A load test runs.", "Wait for it: `lab load`", "Conflict", 1)
    console.answers["POST", "/api/answers"] = lambda given: busy if given["question"] == "update" else graded(given)
    file = tmp_path / "answers.yaml"
    file.write_text("whose: b\nupdate: soon\n", encoding="utf-8")
    said = lab("diagnose", "--answers", str(file), "--json")
    assert said.code == 1
    told = json.loads(said.out)
    assert told["error"]["what"] == "A load test runs."
    assert [one["question"] for one in told["graded"]] == ["whose"]


def test_a_file_of_windows_is_read_and_a_tilde_is_home(
    lab: Lab, console: FakeConsole, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "order.json").write_text('{"lines": []}', encoding="utf-8-sig")
    assert lab("request", "POST", "/api/v1/orders", "--body", "@~/order.json").code == 0
    assert sent(console, "/api/request")[-1]["body"] == {"lines": []}
