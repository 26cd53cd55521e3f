"""A process that is kept running: started again when it ends, as any supervisor would, and broken on purpose."""

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable

from lab.core.errors import EnvironmentLacks, LabError
from lab.processes import Child

RESTARTS_PER_MINUTE = 5
BACK_WITHIN_S = 30.0
KILL = getattr(signal, "SIGKILL", signal.SIGTERM)
"""Windows knows no SIGKILL; there SIGTERM is as final."""


class Kept:
    """One process of a system. `begin` launches it, `healthy` waits until it answers, `again` follows a restart."""

    def __init__(
        self,
        name: str,
        *,
        begin: Callable[[], Awaitable[Child]],
        healthy: Callable[[Child], Awaitable[None]],
        again: Callable[[], Awaitable[None]],
        tell: Callable[[str], None],
    ) -> None:
        self.name = name
        self._begin, self._healthy, self._again, self._tell = begin, healthy, again, tell
        self._child: Child | None = None
        self._watcher: asyncio.Task[None] | None = None
        self._may_run = asyncio.Event()
        self._runs = asyncio.Event()

    @property
    def pid(self) -> int | None:
        """Its process id while it runs."""
        return None if self._child is None or self._child.returncode is not None else self._child.pid

    async def start(self) -> None:
        """Launch it and wait until it is healthy. From `watch` on it is kept running."""
        self._may_run.set()
        self._child = await self._begin()
        await self._healthy(self._child)
        self._runs.set()

    def watch(self) -> None:
        """Start it again whenever it ends."""
        self._watcher = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        """End it for good."""
        if self._watcher is not None:
            self._watcher.cancel()
            await asyncio.gather(self._watcher, return_exceptions=True)
            self._watcher = None
        if self._child is not None:
            await self._child.stop()

    async def kill(self, *, stay_down: bool) -> None:
        """End it at once; it comes back by itself unless it shall stay down."""
        self._runs.clear()
        if stay_down:
            self._may_run.clear()
        child = self._running()
        child.signal(KILL)
        await child.wait()

    async def bring_back(self) -> None:
        """Have it running and healthy, wherever it stands now."""
        self._may_run.set()
        try:
            async with asyncio.timeout(BACK_WITHIN_S):
                await self._runs.wait()
        except TimeoutError:
            raise EnvironmentLacks(
                f"{self.name} did not come back within {BACK_WITHIN_S:.0f} seconds.", "Begin again: `lab reset`"
            ) from None

    def pause(self) -> None:
        """Stop it where it stands."""
        self._running().signal(_job_signal("SIGSTOP"))

    def resume(self) -> None:
        """Let it go on."""
        self._running().signal(_job_signal("SIGCONT"))

    def _running(self) -> Child:
        if self._child is None:
            raise EnvironmentLacks(f"{self.name} is not running.", "Start it: `lab start`")
        return self._child

    async def _watch(self) -> None:
        recent: list[float] = []
        while True:
            child = self._running()
            code = await child.wait()
            self._runs.clear()
            await child.stop()  # only to let go of its pipes
            recent = [at for at in recent if time.monotonic() - at < 60] + [time.monotonic()]
            if len(recent) > RESTARTS_PER_MINUTE:
                self._tell(f"{self.name} keeps ending (exit {code}) and is no longer restarted")
                self._may_run.clear()
            elif self._may_run.is_set():
                self._tell(f"{self.name} ended (exit {code}) and is being restarted")
            else:
                self._tell(f"{self.name} ended (exit {code})")
            if not self._may_run.is_set():
                await self._may_run.wait()
                recent = []
            try:
                await self.start()
                await self._again()
            except LabError as error:
                self._tell(f"{self.name} could not be restarted: {error}")
                await asyncio.sleep(1)


def _job_signal(name: str) -> int:
    number = getattr(signal, name, None)
    if number is None:
        raise EnvironmentLacks("Processes cannot be paused on Windows.", "Run this scenario on Linux or macOS.")
    return int(number)
