"""As many desks as labs may run at a time, opened when needed, used again, all closed at the end."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from lab.proof.desk import Desk


class Desks:
    """`async with Desks(3, cache) as desks`, then `async with desks.one() as desk`. `make` says what kind they are."""

    def __init__(self, jobs: int, cache: Path, make: Callable[[Path], Desk] = Desk) -> None:
        self.cache = cache
        self._make = make
        self._jobs = jobs
        self._free = asyncio.Semaphore(jobs)
        self._opening = asyncio.Lock()
        self._idle: list[Desk] = []
        self._open = 0

    async def __aenter__(self) -> "Desks":
        return self

    async def __aexit__(self, *_error: object) -> None:
        idle, self._idle = self._idle, []
        await asyncio.gather(*(desk.__aexit__() for desk in idle))

    async def prepare(self, count: int) -> None:
        """Have so many open, while the machine has nothing better to do; never more than labs may run at a time."""
        async with self._opening:
            while self._open < min(count, self._jobs):
                self._idle.append(await self._another())

    async def _another(self) -> Desk:
        desk = await self._make(self.cache).__aenter__()
        self._open += 1
        return desk

    @asynccontextmanager
    async def one(self) -> AsyncIterator[Desk]:
        """A desk of one's own; after an error it is closed, for who knows what state it is in."""
        async with self._free:
            if not self._idle:
                async with self._opening:  # the one that is being opened may be ours
                    desk = self._idle.pop() if self._idle else await self._another()
            else:
                desk = self._idle.pop()
            try:
                yield desk
                await desk.stop_session()
            except BaseException:
                self._open -= 1
                await desk.__aexit__()
                raise
            self._idle.append(desk)
