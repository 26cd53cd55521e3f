"""`lab` with the fake console where the real one would be started: in a test, or as a process of its own."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lab.cli import main
from lab.remote import spawn

FAKE = str(Path(__file__).with_name("fakes_console.py"))


@dataclass(frozen=True)
class Result:
    """What one command line did."""

    code: int
    out: str
    err: str


Lab = Callable[..., Result]


def stand_in() -> None:
    """Let `lab start` start the fake console."""
    spawn.MODULE = FAKE
    spawn.console_command = lambda: [sys.executable, FAKE]


if __name__ == "__main__":
    stand_in()
    main()
