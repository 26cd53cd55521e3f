"""As many desks as labs may run at a time, opened when needed, used again, all closed at the end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from lab.proof.desk import Desk


class Desks:
    """`async with Desks(2, cache) as desks`, then `async with desks.one() as desk`."""

    def __init__(self, jobs: int, cache: Path) -> None:
        self.cache = cache
        self._free = asyncio.Semaphore(jobs)
        self._idle: list[Desk] = []

    async def __aenter__(self) -> "Desks":
        return self

    async def __aexit__(self, *_error: object) -> None:
        idle, self._idle = self._idle, []
        await asyncio.gather(*(desk.__aexit__() for desk in idle))

    @asynccontextmanager
    async def one(self) -> AsyncIterator[Desk]:
        """A desk of one's own; after an error it is closed, for who knows what state it is in."""
        async with self._free:
            desk = self._idle.pop() if self._idle else await Desk(self.cache).__aenter__()
            try:
                yield desk
                await desk.stop_session()
            except BaseException:
                await desk.__aexit__()
                raise
            self._idle.append(desk)
