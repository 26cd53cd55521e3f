"""A gate with a settable number of places, first come first served."""

import asyncio
from collections import deque
from collections.abc import Callable


class Pool:
    """At most `size()` holders at a time; `size` is asked each time, so that it can change while in use."""

    def __init__(self, size: Callable[[], int]) -> None:
        self.size = size
        self.in_use = 0
        self._waiters: deque[asyncio.Future[None]] = deque()

    @property
    def waiting(self) -> int:
        """How many wait for a place."""
        return len(self._waiters)

    async def acquire(self, timeout_s: float | None = None) -> None:
        """Take a place; TimeoutError when none came free in time."""
        if not self._waiters and self.in_use < self.size():
            self.in_use += 1
            return
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.append(place)
        try:
            async with asyncio.timeout(timeout_s):
                await place
        except BaseException:
            if place.done() and not place.cancelled():
                self.release()  # the place came at the very moment the wait ended
            elif place in self._waiters:  # a release in between has dropped it already
                self._waiters.remove(place)
            raise

    def release(self) -> None:
        """Give the place back, to the one who waited longest."""
        self.in_use -= 1
        while self._waiters and self.in_use < self.size():
            place = self._waiters.popleft()
            if not place.done():
                self.in_use += 1
                place.set_result(None)
