"""Drives a whole lab as a learner does: by its commands, in a home of its own."""

import fcntl
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil


@dataclass(frozen=True)
class Said:
    """What a command printed and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """stdout as the one JSON document it is."""
        return json.loads(self.out)


class WholeLab:
    """`lab` in one LAB_HOME; `program` is how it is called."""

    def __init__(self, home: Path, program: tuple[str, ...] = (sys.executable, "-m", "lab.cli")) -> None:
        self.home = home
        self.program = program

    def env(self) -> dict[str, str]:
        """The environment of a new user."""
        return {**os.environ, "LAB_HOME": str(self.home), "NO_COLOR": "1", "COLUMNS": "80"}

    def run(self, *words: str, within_s: float = 120, stdin: str | None = None, cwd: Path | None = None) -> Said:
        """Run one command to its end. Proofs take turns: each has several labs, and measures how fast they are."""
        with _in_turn() if "prove" in words else nullcontext():
            done = subprocess.run(
                [*self.program, *words],
                env=self.env(),
                capture_output=True,
                text=True,
                encoding="utf-8",
                timeout=within_s,
                input=stdin,
                stdin=subprocess.DEVNULL if stdin is None else None,
                cwd=cwd,
                check=False,
            )
        return Said(done.returncode, done.stdout, done.stderr)

    def get(self, *words: str, within_s: float = 120) -> Any:
        """The JSON a command answers; the test fails when it does not end with 0."""
        said = self.run(*words, "--json", within_s=within_s)
        assert said.code == 0, f"lab {' '.join(words)} ended with {said.code}: {said.err}{said.out[-500:]}"
        return said.json

    def start(self, *words: str) -> Any:
        """`lab start …`, waiting until the incident is open."""
        return self.get("start", *words)

    def processes(self) -> list[psutil.Process]:
        """Every process of this lab, found by where it works or by what it was told; children of those included."""
        found: dict[int, psutil.Process] = {}
        for process in psutil.process_iter():
            try:
                if str(self.home) in " ".join(process.cmdline()) or str(self.home) in process.cwd():
                    found |= {one.pid: one for one in [process, *process.children(recursive=True)]}
            except (psutil.Error, OSError):
                continue
        return list(found.values())

    def tree(self) -> list[psutil.Process]:
        """The console and all its children; empty when no console runs."""
        console = self.console()
        return [] if console is None else [console, *console.children(recursive=True)]

    def console(self) -> psutil.Process | None:
        """The console's process, while it runs."""
        try:
            told = json.loads((self.home / "console.json").read_text(encoding="utf-8"))
            return psutil.Process(told["pid"])
        except (OSError, ValueError, psutil.NoSuchProcess):
            return None

    def clean_up(self) -> None:
        """End what a failed test may have left, by pid."""
        tree = self.tree()
        for process in tree + self.processes():
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue
        psutil.wait_procs(tree, timeout=5)


@contextmanager
def _in_turn() -> Iterator[None]:
    """Waits until no other test of this machine is at it."""
    with (Path(tempfile.gettempdir()) / "faultlab-tests.turn").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        yield


def eventually(true: Callable[[], bool], within_s: float = 10.0) -> bool:
    """Whether it comes true before the deadline."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if true():
            return True
        time.sleep(0.05)
    return true()


def listening(processes: list[psutil.Process]) -> set[int]:
    """The ports that these processes listen on."""
    ports = set()
    for process in processes:
        try:
            ports |= {one.laddr.port for one in process.net_connections("tcp") if one.status == psutil.CONN_LISTEN}
        except psutil.Error:
            continue
    return ports
