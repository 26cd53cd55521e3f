"""How busy this machine is, and whether it lately had more to do than it can."""

import asyncio
from collections.abc import Callable

import psutil

EVERY_S = 1.0
STRAINED = 0.9
LASTS = 3
"""So many looks in a row at which nearly all was taken make a strain: what waits for a processor is late by then."""


def busy() -> float:
    """The share of all processors that since the last call was at work, or waited for a disk, for whomever."""
    return 1.0 - float(psutil.cpu_times_percent().idle) / 100


class Processors:
    """Looks at them every second while `watch` runs; moments are counted in looks."""

    def __init__(self, busy: Callable[[], float] = busy, every_s: float = EVERY_S) -> None:
        self._busy = busy
        self._every_s = every_s
        self._looks: list[float] = []

    async def watch(self) -> None:
        """Until cancelled."""
        self._busy()  # the time before does not count
        while True:
            await asyncio.sleep(self._every_s)
            self._looks.append(self._busy())

    @property
    def now(self) -> int:
        """The moment, for `strained`."""
        return len(self._looks)

    def share(self, seconds: float) -> float:
        """How much was at work in the last so many seconds, of 1; all of it before that much was seen."""
        count = max(1, round(seconds / self._every_s))
        return sum(self._looks[-count:]) / count if len(self._looks) >= count else 1.0

    def strained(self, since: int) -> bool:
        """Whether there was a strain at any time since that moment."""
        looks = self._looks[since:]
        return any(min(looks[at : at + LASTS]) >= STRAINED for at in range(len(looks) - LASTS + 1))
