"""How many labs run at a time: so many in any case, more while the processors have room."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from lab.proof.desks import Desks
from lab.proof.processors import Processors


class BareDesk:
    """Counts itself, and waits to be opened until it may."""

    opened = 0

    def __init__(self, may_open: asyncio.Event) -> None:
        self._may_open = may_open

    async def __aenter__(self) -> "BareDesk":
        if BareDesk.opened:
            await self._may_open.wait()
        BareDesk.opened += 1
        return self

    async def __aexit__(self, *_error: object) -> None:
        BareDesk.opened -= 1

    async def stop_session(self) -> None:
        """Nothing runs at it."""


class Lab:
    """Labs that come to a desk and stay until they are told to go."""

    def __init__(self, desks: Desks) -> None:
        self._desks = desks
        self._go = asyncio.Event()
        self.at_work = 0

    async def _come(self) -> None:
        async with self._desks.one():
            self.at_work += 1
            await self._go.wait()

    async def all(self, count: int, see: Callable[[], Awaitable[None]]) -> None:
        """Have so many come, look, and let them go."""
        coming = [asyncio.create_task(self._come()) for _ in range(count)]
        await see()
        self._go.set()
        await asyncio.gather(*coming)


async def _a_while() -> None:
    for _ in range(50):
        await asyncio.sleep(0)


class Machine(Processors):
    """Processors that are so busy at the first look, and so on; the last stays."""

    def __init__(self, *shares: float) -> None:
        super().__init__(busy=lambda: 0.0)
        self._left = list(shares)

    def share(self, seconds: float) -> float:
        """The next of them."""
        return self._left.pop(0) if len(self._left) > 1 else self._left[0]


def _desks(*shares: float, slow: bool = False, look_s: float = 0.0) -> tuple[Desks, asyncio.Event]:
    """Two and two spare, on a machine that is so busy; desks open at once unless that is `slow`."""
    may_open = asyncio.Event()
    if not slow:
        may_open.set()
    BareDesk.opened = 0
    make: Any = lambda _cache: BareDesk(may_open)  # noqa: E731
    return Desks(2, Path(), make, spare=2, processors=Machine(*shares), look_s=look_s), may_open


def test_a_busy_machine_runs_no_more_labs_than_asked_for() -> None:
    async def run() -> None:
        async with _desks(0.9)[0] as desks:
            labs = Lab(desks)

            async def see() -> None:
                await _a_while()
                assert labs.at_work == 2

            await labs.all(5, see)
            assert labs.at_work == 5  # the others came when there was a place

    asyncio.run(run())


def test_an_idle_machine_runs_more_but_not_any_number() -> None:
    async def run() -> None:
        async with _desks(0.1)[0] as desks:
            labs = Lab(desks)

            async def see() -> None:
                await _a_while()
                assert labs.at_work == 4

            await labs.all(6, see)

    asyncio.run(run())


def test_another_lab_is_let_in_only_after_a_look_at_what_the_one_before_it_costs() -> None:
    async def run() -> None:
        async with _desks(0.5, 0.8)[0] as desks:
            labs = Lab(desks)

            async def see() -> None:
                await _a_while()
                assert labs.at_work == 3

            await labs.all(4, see)

    asyncio.run(run())


def test_a_place_that_gets_free_is_taken_at_once_however_long_the_look() -> None:
    async def run() -> None:
        async with _desks(0.9, look_s=3600)[0] as desks:
            labs = Lab(desks)
            await labs.all(3, _a_while)
            assert labs.at_work == 3

    asyncio.run(run())


def test_a_lab_takes_the_first_desk_that_is_ready_and_waits_for_no_other() -> None:
    async def run() -> None:
        desks, may_open = _desks(0.1, slow=True)
        async with desks:
            preparing = asyncio.create_task(desks.prepare(2))
            await _a_while()
            async with desks.one():
                assert BareDesk.opened == 1
                assert not preparing.done()
                may_open.set()
            await preparing

    asyncio.run(run())


def test_who_asks_to_be_alone_waits_for_the_others_and_lets_nobody_in_meanwhile() -> None:
    async def run() -> None:
        async with _desks(0.1)[0] as desks:
            before, after = Lab(desks), Lab(desks)
            events: list[str] = []

            async def alone() -> None:
                async with desks.one(alone=True):
                    events.append("alone")
                    await _a_while()
                    events.append(f"{after.at_work} beside it")

            async def see() -> None:
                await _a_while()
                by_itself = asyncio.create_task(alone())
                later = asyncio.create_task(after.all(2, _a_while))
                await _a_while()
                assert events == []  # two are at work
                tasks.extend([by_itself, later])

            tasks: list[asyncio.Task[None]] = []
            await before.all(2, see)
            await asyncio.gather(*tasks)
            assert events == ["alone", "0 beside it"]
            assert after.at_work == 2

    asyncio.run(run())
