"""Even spacing of calls."""

import time
from collections.abc import Callable


class Pacer:
    """Gives out turns so that no more than a rate of them come per second; no bursts are saved up."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._next = 0.0

    def turn_in_s(self, rate: float, longest_s: float = float("inf")) -> float | None:
        """Take the next turn and say in how many seconds it is; None, and no turn taken, beyond `longest_s`."""
        now = self._clock()
        turn = max(now, self._next)
        if turn - now > longest_s:
            return None
        self._next = turn + 1 / rate
        return turn - now

    def next_in_s(self) -> float:
        """In how many seconds the next turn is."""
        return max(0.0, self._next - self._clock())
