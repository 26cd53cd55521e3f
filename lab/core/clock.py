"""Time as an argument, so that tests move it instead of sleeping."""

import time
from typing import Protocol


class Clock(Protocol):
    """Where the time comes from."""

    def now(self) -> float:
        """Unix time in seconds."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> float:
        """Unix time in seconds."""
        return time.time()


class ManualClock:
    """A clock that a test sets."""

    def __init__(self, at: float = 1_700_000_000.0) -> None:
        self.at = at

    def now(self) -> float:
        """Unix time in seconds, as set."""
        return self.at

    def advance(self, seconds: float) -> None:
        """Move forward."""
        self.at += seconds
