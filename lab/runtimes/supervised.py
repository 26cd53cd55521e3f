"""One service of one container: started for a session, kept running, broken on purpose; and what happened to it."""

import asyncio
import contextlib
import os
import secrets
import sys
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

from lab.core.errors import EnvironmentLacks
from lab.processes import Child, Launcher, Program
from lab.runtimes.control import Control
from lab.runtimes.kept import Kept
from lab.runtimes.service_files import ServiceFile
from lab.runtimes.starting import healthy

EVENTS_KEPT = 200
SHOWN = ("HOST", "PORT", "OTEL_EXPORTER_OTLP_ENDPOINT", "LOG_STDOUT", "PGPASSFILE")
"""What of the container's environment its service may see, besides its own addresses of others."""


@dataclass(frozen=True)
class Happened:
    """Something that happened: `restarted` when the service runs anew without its settings, else only `told`."""

    number: int
    kind: Literal["told", "restarted"]
    text: str


class Supervised:
    """The service's life between the lab's orders. `boot` changes when the container itself has been restarted."""

    def __init__(
        self, service: ServiceFile, launcher: Launcher, folder: Path, env: Mapping[str, str] = os.environ
    ) -> None:
        self.service = service
        self.boot = secrets.token_hex(8)
        self._launcher = launcher
        self._folder = folder
        known = (*SHOWN, *service.edges.values())
        self._own = {name: env[name] for name in known if env.get(name)}
        self._kept: Kept | None = None
        self._held_back = False
        self._control = Control("")
        self._changing = asyncio.Lock()
        self._happened: deque[Happened] = deque(maxlen=EVENTS_KEPT)
        self._count = 0
        self._news = asyncio.Event()

    @property
    def port(self) -> int:
        """Where the service listens."""
        return int(self._own.get("PORT", self.service.port))

    async def start(self, env: Mapping[str, str], *, stay_down: bool = False) -> None:
        """Run it with the session's environment, anew if it runs; with `stay_down` only when it is brought back."""
        async with self._changing:
            await self._end()
            self._kept = self._keep({**self._own, **env})
            self._held_back = stay_down
            if stay_down:
                return
            try:
                await self._kept.start()
            except BaseException:
                await self._end()
                raise
            self._kept.watch()

    async def stop(self) -> None:
        """End it for good; what happened to it is no news for the next session."""
        async with self._changing:
            await self._end()
            self._happened.clear()

    async def kill(self, *, stay_down: bool) -> None:
        """As Runtime.kill."""
        await self._running().kill(stay_down=stay_down)

    async def bring_back(self) -> None:
        """As Runtime.bring_back."""
        kept = self._running()
        async with self._changing:
            if self._held_back:
                await kept.start()
                kept.watch()
                self._held_back = False
                self._tell("restarted", f"{self.service.name} was started again")
        await kept.bring_back()

    async def pause(self) -> None:
        """As Runtime.pause."""
        self._running().pause()

    async def resume(self) -> None:
        """As Runtime.resume."""
        self._running().resume()

    async def status(self, after: int, wait_s: float) -> dict[str, Any]:
        """How it is, and what happened after event number `after`; waits for something to happen, but not long."""
        if after >= self._count:
            self._news.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._news.wait()
        return {
            "service": self.service.name,
            "boot": self.boot,
            "pid": None if self._kept is None else self._kept.pid,
            "events": [
                {"number": one.number, "kind": one.kind, "text": one.text}
                for one in self._happened
                if one.number > after
            ],
        }

    async def close(self) -> None:
        """The container ends."""
        await self.stop()
        await self._control.close()

    def _keep(self, env: dict[str, str]) -> Kept:
        service = self.service
        nonce = env.get("INSTANCE_NONCE", "")

        async def begin() -> Child:
            log = self._folder / f"{service.name}.log"
            program = Program(service.name, service.command, self._folder, env, log, shown=True)
            return await self._launcher.start(program)

        async def again() -> None:
            self._tell("restarted", f"{service.name} was started again")

        return Kept(
            service.name,
            begin=begin,
            healthy=lambda child: healthy(service, child, self.port, nonce, self._control),
            again=again,
            tell=partial(self._tell, "told"),
        )

    def _running(self) -> Kept:
        if self._kept is None:
            raise EnvironmentLacks(f"{self.service.name} is not running.", "Start it: `lab start`")
        return self._kept

    async def _end(self) -> None:
        if self._kept is not None:
            await self._kept.stop()
            self._kept = None

    def _tell(self, kind: Literal["told", "restarted"], text: str) -> None:
        self._count += 1
        self._happened.append(Happened(self._count, kind, text))
        self._news.set()
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()
