"""As many desks as labs may run at a time, opened when needed, used again, all closed at the end."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

from lab.proof.desk import Desk
from lab.proof.processors import Processors

LOOK_S = 2.0
"""So long the processors are looked at; by then the lab that came last has begun to show what it costs."""
MOST_BUSY = 0.75
"""With more of the processors at work, for whomever, another lab would slow down those that run."""


class Desks:
    """`async with Desks(3, cache) as desks`, then `async with desks.one() as desk`. `make` says what kind they are.

    `jobs` labs run at a time, and up to `spare` more while the processors have room for them.
    """

    def __init__(
        self,
        jobs: int,
        cache: Path,
        make: Callable[[Path], Desk] = Desk,
        *,
        spare: int = 0,
        processors: Processors | None = None,
        look_s: float = LOOK_S,
    ) -> None:
        self.cache = cache
        self.processors = processors or Processors()
        self._make = make
        self._jobs = jobs
        self._look_s = look_s
        self._free = asyncio.Semaphore(jobs + spare)
        self._next = asyncio.Lock()
        self._left = asyncio.Event()
        self._opening = asyncio.Lock()
        self._idle: list[Desk] = []
        self._open = 0
        self._used = 0
        self._watching: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Desks":
        self._watching = asyncio.create_task(self.processors.watch())
        return self

    async def __aexit__(self, *_error: object) -> None:
        if self._watching is not None:
            self._watching.cancel()
        idle, self._idle = self._idle, []
        await asyncio.gather(*(desk.__aexit__() for desk in idle))

    async def prepare(self, count: int) -> None:
        """Have so many open, while the machine has nothing better to do; never more than `jobs`."""
        while True:
            async with self._opening:  # for each anew: who waits for a desk takes the first
                if self._open >= min(count, self._jobs):
                    return
                self._idle.append(await self._another())

    async def _another(self) -> Desk:
        desk = await self._make(self.cache).__aenter__()
        self._open += 1
        return desk

    @asynccontextmanager
    async def one(self, *, alone: bool = False) -> AsyncIterator[Desk]:
        """A desk of one's own; after an error it is closed, for who knows what state it is in.

        Who asks to be `alone` waits until nobody else is at work, and nobody comes in meanwhile.
        """
        async with self._free, self._nobody_else() if alone else self._place():
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

    @asynccontextmanager
    async def _place(self) -> AsyncIterator[None]:
        """Among the labs at work. One beyond `jobs` waits for room, and sees what the one before it costs."""
        async with self._next:
            while self._used >= self._jobs:
                self._left.clear()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._look_s):
                        await self._left.wait()
                if self._used < self._jobs or self.processors.share(self._look_s) <= MOST_BUSY:
                    break
            self._used += 1
        with self._leaving():
            yield

    @asynccontextmanager
    async def _nobody_else(self) -> AsyncIterator[None]:
        async with self._next:
            while self._used:
                self._left.clear()
                await self._left.wait()
            self._used += 1
            with self._leaving():
                yield

    @contextlib.contextmanager
    def _leaving(self) -> Iterator[None]:
        try:
            yield
        finally:
            self._used -= 1
            self._left.set()
