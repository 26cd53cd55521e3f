"""Starting, steering and ending the customers' process. Never imports locust.

Start them from a thread that lives as long as the process: the kernel ends the child when its spawning *thread* ends.
"""

import asyncio
import os
import sys
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import orjson

from lab.core.errors import ERROR_KINDS, Conflict, EnvironmentLacks, LabError
from lab.load.profile import Profile, check_mix, check_pace, check_users

READY_WITHIN_S = 40.0  # the program itself waits up to 30 s for the gateway
STOP_WITHIN_S = 2.0
KEPT_VARIABLES = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "PYTHONPATH", "VIRTUAL_ENV", "SYSTEMROOT")


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


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a load test is."""

    share: float
    elapsed_s: float
    seconds: float
    sample: Sample | None


@dataclass(frozen=True, slots=True)
class Result:
    """A finished load test: the figures of `results.json` and the paths of Locust's files by kind."""

    stats: Mapping[str, Any]
    files: Mapping[str, str]


class Customers:
    """The customers' process: one line of JSON in, one a second out."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.last: Sample | None = None
        self._process: asyncio.subprocess.Process | None = None
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
        """Start and wait for the first customers; EnvironmentLacks when they do not come, and then none is left."""
        if self._process is not None:
            raise Conflict("These customers have been started before.", "Make a new run for a new start.")
        self._ready = asyncio.get_running_loop().create_future()
        try:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "lab.load"),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env={name: value for name in KEPT_VARIABLES if (value := os.environ.get(name)) is not None},
                start_new_session=True,  # Ctrl-C in the learner's terminal is not meant for them
                limit=1 << 20,
            )
            self._reading = asyncio.create_task(self._read())
            await self._send_line(self.profile.line().encode())
            await asyncio.wait_for(asyncio.shield(self._ready), within_s)
        except BaseException as error:
            await self.stop()
            if isinstance(error, TimeoutError):
                raise EnvironmentLacks(
                    f"The customers were not ready within {within_s:.0f} s.",
                    "Check that the gateway answers and that the machine is not overloaded.",
                ) from error
            raise
        return self

    async def stop(self) -> None:
        """End the process, at the latest by force; fine to call twice."""
        process = self._process
        if process is None:
            return
        if process.returncode is None and process.stdin is not None:
            process.stdin.close()
            try:
                await asyncio.wait_for(process.wait(), STOP_WITHIN_S)
            except TimeoutError:
                process.kill()
        await process.wait()
        if self._reading is not None:
            await self._reading

    async def _order(self, order: dict[str, Any]) -> None:
        if not self.alive:
            raise Conflict("The customers have gone.", "Start the traffic again, or run `lab reset`.")
        await self._send_line(orjson.dumps(order) + b"\n")

    async def _send_line(self, line: bytes) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(line)
            await self._process.stdin.drain()
        except (BrokenPipeError, ConnectionResetError):
            return  # it has ended: the reader sees that and says why

    async def _read(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        complaining = asyncio.create_task(self._read_complaints())
        async for line in self._process.stdout:
            self._take(orjson.loads(line))
        await complaining
        await self._process.wait()
        self._ended()

    async def _read_complaints(self) -> None:
        assert self._process is not None
        assert self._process.stderr is not None
        async for line in self._process.stderr:
            self._complaints.append(line.decode(errors="replace").rstrip())

    def _take(self, message: dict[str, Any]) -> None:
        if "t" in message:
            self.last = Sample(time_s=message.pop("t"), **message)
        elif "ready" in message:
            self._settle(None)
        elif "error" in message:
            error = message["error"]
            self._refusal = ERROR_KINDS[error["kind"]](error["what"], error["hint"])
            self._settle(self._refusal)

    def _ended(self) -> None:
        self._settle(self.why_ended())

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


class Traffic(Customers):
    """Background traffic: runs until it is stopped, changes while it runs."""

    async def set(
        self, *, users: int | None = None, pace_s: float | None = None, mix: Mapping[str, float] | None = None
    ) -> None:
        """Change how many customers there are, how often they act or what they do; UsageError if that is nonsense."""
        order: dict[str, Any] = {}
        if users is not None:
            order["users"] = check_users(users)
        if pace_s is not None:
            order["pace_s"] = check_pace(pace_s)
        if mix is not None:
            order["mix"] = check_mix(mix)
        await self._order(order)
        self.profile = replace(self.profile, **order)

    def as_set(self) -> dict[str, Any]:
        """The traffic as it is now: users, pace_s, mix."""
        return {"users": self.profile.users, "pace_s": self.profile.pace_s, "mix": dict(self.profile.mix)}


class LoadRun(Customers):
    """A load test: runs its stages and gives the result."""

    def __init__(self, profile: Profile) -> None:
        if not profile.stages:
            raise Conflict(
                "A load test needs stages.", "Give the profile at least one stage, as in 60 users for 12 s."
            )
        super().__init__(profile)
        self._began: float | None = None
        self._result: Result | None = None

    def progress(self) -> Progress:
        """How far it is; 1 only when the result is there."""
        seconds = self.profile.seconds
        elapsed = 0.0 if self._began is None else time.monotonic() - self._began
        share = 1.0 if self._result else min(elapsed / seconds, 0.99)
        return Progress(share, min(elapsed, seconds), seconds, self.last)

    async def wait(self) -> Result:
        """The result once the last stage is over; the reason as a LabError if it ended without one."""
        assert self._reading is not None, "start() first"
        await asyncio.shield(self._reading)
        if self._result is None:
            raise self.why_ended()
        return self._result

    async def cancel(self) -> None:
        """End it without a result."""
        if self._result is None:
            self._refusal = self._refusal or Conflict(
                "The load test was stopped.", "Run `lab load` to start another."
            )
        await self.stop()

    def _take(self, message: dict[str, Any]) -> None:
        if "ready" in message:
            self._began = time.monotonic()
        if "done" in message:
            self._result = Result(message["stats"], message["files"])
        super()._take(message)
