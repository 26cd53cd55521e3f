"""The process the customers live in: started, told, listened to and ended. Never imports locust."""

import asyncio
import contextlib
from collections import deque
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import orjson

from lab.core.errors import ERROR_KINDS, Conflict, EnvironmentLacks, LabError
from lab.load.profile import Profile
from lab.processes import Child, Launcher, Program

READY_WITHIN_S = 40.0  # the program itself waits up to 30 s for the gateway
STOP_WITHIN_S = 2.0
COMMAND = ("python", "-m", "lab.load")


@dataclass(frozen=True, slots=True)
class Sample:
    """One second of traffic as the customers saw it."""

    time_s: float
    users: int
    rps: float
    fail_per_s: float
    requests: int
    failures: int
    p95_ms: float | None


class Customers:
    """The customers' process: one line of JSON in, one a second out."""

    def __init__(self, profile: Profile, launcher: Launcher) -> None:
        self.profile = profile
        self.last: Sample | None = None
        self._launcher = launcher
        self._process: Child | None = None
        self._reading: asyncio.Task[None] | None = None
        self._ready: asyncio.Future[None] | None = None
        self._complaints: deque[str] = deque(maxlen=20)
        self._refusal: LabError | None = None

    @property
    def pid(self) -> int | None:
        """The process's id once it is started."""
        return self._process.pid if self._process else None

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process is not None and self._process.returncode is None

    async def start(self, within_s: float = READY_WITHIN_S) -> Self:
        """Start and wait for the first customers; EnvironmentLacks when none come, and then none is left."""
        if self._process is not None:
            raise Conflict("These customers have been started before.", "Make a new run for a new start.")
        self._ready = asyncio.get_running_loop().create_future()
        try:
            self._process = await self._launcher.start(Program("customers", COMMAND, Path.cwd()))
            self._reading = asyncio.create_task(self._read())
            await self._process.write_line(self.profile.line().encode())
            async with asyncio.timeout(within_s):
                await asyncio.shield(self._ready)
        except BaseException as error:
            await self.stop()
            if isinstance(error, TimeoutError):
                raise EnvironmentLacks(
                    f"The customers were not ready within {within_s:.0f} s.",
                    "Check that the gateway answers and that the machine is not overloaded.",
                ) from error
            raise
        return self

    async def ended(self) -> None:
        """Wait until the process is gone, for whatever reason."""
        if self._process is not None:
            await self._process.wait()

    async def stop(self) -> None:
        """End the process, at the latest by force; fine to call twice."""
        if self._process is None:
            return
        self._process.stdin.close()  # which it takes for the end
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_WITHIN_S):
                await self._process.wait()
        await self._process.stop(0.0)
        if self._reading is not None:
            await self._reading

    async def _order(self, order: dict[str, Any]) -> None:
        if not self.alive:
            raise Conflict("The customers have gone.", "Start the traffic again, or run `lab reset`.")
        assert self._process is not None
        await self._process.write_line(orjson.dumps(order))

    async def _read(self) -> None:
        assert self._process is not None
        complaining = asyncio.create_task(self._read_complaints())
        async for line in self._process.stdout:
            self._take(orjson.loads(line))
        await complaining
        await self._process.wait()
        self._settle(self.why_ended())

    async def _read_complaints(self) -> None:
        assert self._process is not None
        assert self._process.stderr is not None
        async for line in self._process.stderr:
            self._complaints.append(line.decode(errors="replace").rstrip())

    def _take(self, message: dict[str, Any]) -> None:
        if "t" in message:
            self.last = Sample(time_s=message.pop("t"), **message)
        elif "ready" in message:
            self.profile = replace(self.profile, products=tuple(message["products"]))
            self._settle(None)
        elif "error" in message:
            error = message["error"]
            self._refusal = ERROR_KINDS[error["kind"]](error["what"], error["hint"])
            self._settle(self._refusal)

    def why_ended(self) -> LabError:
        """Why the process is gone, as an error for people."""
        if self._refusal is not None:
            return self._refusal
        last = f" Its last words: {self._complaints[-1]}" if self._complaints else ""
        code = self._process.returncode if self._process else None
        return EnvironmentLacks(
            f"The customers' process ended early (exit code {code}).{last}",
            "Run `lab reset` to start it again, and `lab doctor` if that does not help.",
        )

    def _settle(self, error: LabError | None) -> None:
        if self._ready is None or self._ready.done():
            return
        if error is None:
            self._ready.set_result(None)
        else:
            self._ready.set_exception(error)
            self._ready.exception()  # seen, even when start() was cancelled meanwhile
