"""`lab` as a process of its own, with the fake console where the real one would be started."""

import sys
from pathlib import Path

from lab.cli import main, spawn

FAKE = str(Path(__file__).with_name("fakes_console.py"))


def stand_in() -> None:
    """Let `lab start` start the fake console."""
    spawn.MODULE = FAKE
    spawn.console_command = lambda: [sys.executable, FAKE]


if __name__ == "__main__":
    stand_in()
    main()
