"""Where the consoles of a proof come from: forked from one that is warm; started plainly where that is no good."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from lab.processes import Child, Program
from lab.processes.forked import Forker
from lab.processes.spawn import Spawner
from lab.processes.zygote import spawn_zygote
from lab.remote import spawn
from lab.remote.unused import SETTING

Start = Callable[[Path], Awaitable[spawn.Running]]
"""Starts the console of a home; EnvironmentLacks when that is not possible. It ends when this program does."""


async def plainly(home: Path) -> spawn.Running:
    """With a Python of its own, as `lab start` does."""
    return await asyncio.to_thread(spawn.launch, home, port=None, scenarios=(), ends_with_us=True)


@asynccontextmanager
async def warm_consoles() -> AsyncIterator[Start]:
    """What starts consoles while this lasts: the second and all later ones cost next to nothing."""
    if sys.platform != "linux" or os.environ.get("LAB_NO_FORK") == "1":
        yield plainly
        return
    forker = Forker(spawn_zygote(f"{spawn.MODULE}.zygote"), Spawner())
    children: list[Child] = []

    async def forked(home: Path) -> spawn.Running:
        # who starts one for itself ends it too; it does not stop by itself
        settings = {**os.environ, SETTING: "0", "LAB_HOME": str(home)}
        command = ("python", "-m", spawn.MODULE)
        children.append(await forker.start(Program("console", command, home, settings, log=home / "console.log")))
        return Forked(children[-1])

    try:
        yield forked
    finally:
        forker.close()
        for child in children:
            child.stdin.close()


class Forked:
    """A forked console, to be asked from any thread, and waited for from those that the event loop does not run in."""

    def __init__(self, child: Child) -> None:
        self._child = child
        self._loop = asyncio.get_running_loop()
        self.pid = child.pid

    @property
    def returncode(self) -> int | None:
        """None while it runs."""
        return self._child.returncode

    def poll(self) -> int | None:
        """None while it runs."""
        return self._child.returncode

    def wait(self, timeout: float) -> int:
        """Its exit code; subprocess.TimeoutExpired when it still runs after so many seconds."""
        ended = asyncio.run_coroutine_threadsafe(self._child.wait(), self._loop)
        try:
            return ended.result(timeout)
        except TimeoutError:
            ended.cancel()
            raise subprocess.TimeoutExpired(spawn.MODULE, timeout) from None
