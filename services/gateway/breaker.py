"""A circuit breaker over a share of failures.

purgatory opens after a number of failures in a row, and takes an async lock per call; a busy edge needs a share of the
recent calls, and no lock.
"""

import time
from collections.abc import Callable
from typing import Literal

State = Literal["closed", "open", "half open"]
_BUCKETS = 10


class Breaker:
    """Counts the last ten seconds in ten buckets; `changed(state)` is called when it opens or closes."""

    def __init__(self, changed: Callable[[State], None]) -> None:
        self.state: State = "closed"
        self._changed = changed
        self._until = 0.0
        self._trial_at = 0.0
        self._calls = [[0, 0, 0] for _ in range(_BUCKETS)]  # second, calls, failures

    def refuses_for(self, open_s: float) -> float:
        """Seconds for which calls are refused; 0 lets this call through (in the half-open state only one)."""
        if self.state == "closed":
            return 0.0
        now = time.monotonic()
        if now >= self._until:
            self.state = "half open"
            self._trial_at = now
            self._until = now + open_s  # the next one, should this call never come back
            return 0.0
        return self._until - now

    def record(self, failed: bool, started: float, *, failure_share: float, min_calls: int, open_s: float) -> None:
        """Count the end of a call that began at `started` (monotonic)."""
        now = time.monotonic()
        if self.state != "closed":
            if self.state == "half open" and started >= self._trial_at:  # not one from before it opened
                self._turn("open" if failed else "closed", now + open_s)
            return
        second = int(now)
        bucket = self._calls[second % _BUCKETS]
        if bucket[0] != second:
            bucket[:] = [second, 0, 0]
        bucket[1] += 1
        bucket[2] += failed
        if failed:
            recent = [b for b in self._calls if b[0] > second - _BUCKETS]
            calls = sum(b[1] for b in recent)
            if calls >= min_calls and sum(b[2] for b in recent) >= failure_share * calls:
                self._turn("open", now + open_s)

    def reset(self) -> None:
        """Close it, and forget what opened it; one that is closed stays as it is."""
        if self.state != "closed":
            self._turn("closed", 0.0)

    def _turn(self, state: State, until: float) -> None:
        self.state = state
        self._until = until
        self._calls = [[0, 0, 0] for _ in range(_BUCKETS)]
        self._changed(state)
