"""A process that is kept running comes back by itself, stays down when it shall, and is given up when hopeless."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from lab.processes import Child, Program
from lab.processes.spawn import Spawner
from lab.runtimes.kept import Kept

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs signals")
SLEEPER = ("python", "-c", "import sys; print('up', flush=True); sys.stdin.read()")
QUITTER = ("python", "-c", "print('up', flush=True)")


class KeptProgram(Kept):
    """A kept program, and what it told."""

    def __init__(self, folder: Path, command: tuple[str, ...] = SLEEPER) -> None:
        self.told: list[str] = []
        self.restarts = 0

        async def healthy(child: Child) -> None:
            assert (await child.stdout.readline()) == b"up\n"

        async def again() -> None:
            self.restarts += 1

        super().__init__(
            "it",
            begin=lambda: Spawner().start(Program("it", command, folder, log=folder / "it.log")),
            healthy=healthy,
            again=again,
            tell=self.told.append,
        )


async def until(true: object, within_s: float = 10.0) -> None:
    for _ in range(int(within_s / 0.02)):
        if true():  # type: ignore[operator]
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it never happened")


@pytest.fixture
async def kept(tmp_path: Path) -> AsyncIterator[KeptProgram]:
    kept = KeptProgram(tmp_path)
    await kept.start()
    kept.watch()
    yield kept
    await kept.stop()
    assert kept.pid is None


async def test_one_that_is_killed_comes_back_and_is_set_up_again(kept: KeptProgram) -> None:
    first = kept.pid
    await kept.kill(stay_down=False)
    await until(lambda: kept.restarts == 1)
    assert kept.pid not in (first, None)
    assert kept.told == ["it ended (exit -9) and is being restarted"]


async def test_one_that_shall_stay_down_does_until_it_is_brought_back(kept: KeptProgram) -> None:
    await kept.kill(stay_down=True)
    await until(lambda: kept.told == ["it ended (exit -9)"])
    assert kept.pid is None
    await kept.bring_back()
    assert kept.pid is not None
    await kept.bring_back()


async def test_a_paused_one_is_not_restarted_and_goes_on_as_the_same(kept: KeptProgram) -> None:
    first = kept.pid
    assert first is not None
    kept.pause()
    await until(lambda: psutil.Process(first).status() == psutil.STATUS_STOPPED)
    kept.resume()
    await until(lambda: psutil.Process(first).status() != psutil.STATUS_STOPPED)
    assert kept.pid == first
    assert kept.told == []


async def test_stopping_ends_even_a_paused_one(tmp_path: Path) -> None:
    kept = KeptProgram(tmp_path)
    await kept.start()
    kept.pause()
    await kept.stop()
    assert kept.pid is None


async def test_one_that_ends_again_and_again_is_given_up_and_can_be_brought_back(tmp_path: Path) -> None:
    kept = KeptProgram(tmp_path, QUITTER)
    await kept.start()
    kept.watch()
    await until(lambda: any("no longer restarted" in one for one in kept.told))
    assert kept.told.count("it ended (exit 0) and is being restarted") == 5
    before = len(kept.told)
    await kept.bring_back()
    await until(lambda: len(kept.told) > before)
    await kept.stop()
