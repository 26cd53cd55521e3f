"""A console in a temporary home, where a proof runs one session after the other, as a user would: over HTTP."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import psutil

from lab.core.errors import EnvironmentLacks, LabError
from lab.proof.consoles import Start, plainly
from lab.proof.steps import leaks, stop
from lab.proof.steps.leaks import Surface
from lab.remote import spawn
from lab.remote.client import Console
from lab.session.journal import Entry, read
from lab.session.states import ENDED, LIVE, State

POLL_S = 0.25
STORY = frozenset({"baseline", "incident"})
"""Steps of a start that depend on the scenario; all others depend on the machine."""
BROKEN = LIVE | {State.BREAKING}
OPEN_WITHIN_S = 240.0
LOADED_WITHIN_S = 300.0

Tell = Callable[[str, float | None], None]
"""Called with what is going on, and how far it is (0 to 1) where that is known."""


class SessionFailed(LabError):
    """A session could not go on; `step` is the part of its start that failed."""

    def __init__(self, what: str, hint: str, step: str) -> None:
        super().__init__(what, hint)
        self.step = step


class Desk:
    """One console; `async with Desk(cache) as desk`. Whatever happens, nothing of it is left."""

    def __init__(self, cache: Path, start: Start = plainly) -> None:
        self._cache = cache
        self._start = start
        self._process: spawn.Running | None = None
        self._console: Console | None = None
        self._before: list[int] = []
        self.home = Path()

    async def __aenter__(self) -> "Desk":
        self.home = Path(tempfile.mkdtemp(prefix="lab-"))
        try:
            self._share_cache()
            self._process = await self._start(self.home)
            self._console = await asyncio.to_thread(spawn.ready, self._process, self.home)
        except BaseException:
            await self._clear()
            raise
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self._clear()

    def _share_cache(self) -> None:
        """Prepared databases are built once for all; where links are not allowed, once for each desk."""
        self._cache.mkdir(parents=True, exist_ok=True)
        try:
            (self.home / "cache").symlink_to(self._cache, target_is_directory=True)
        except OSError:
            return

    async def _clear(self) -> None:
        await asyncio.shield(asyncio.to_thread(self._end))

    def _end(self) -> None:
        if self._process is not None:
            spawn.end(self.home, self._process)
        link = self.home / "cache"
        if link.is_symlink():
            link.unlink()
        shutil.rmtree(self.home, ignore_errors=True)

    @property
    def console(self) -> Console:
        """The console's client, for code that runs in a thread of its own."""
        assert self._console is not None, "only inside `async with`"
        return self._console

    @property
    def pid(self) -> int:
        """The console's process."""
        assert self._process is not None, "only inside `async with`"
        return self._process.pid

    def children(self) -> list[psutil.Process]:
        """Every process that the console started."""
        try:
            return psutil.Process(self.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []

    async def get(self, path: str, **query: Any) -> Any:
        """GET, as JSON."""
        return await asyncio.to_thread(self.console.get, path, **query)

    async def post(self, path: str, body: Any = None) -> Any:
        """POST, as JSON."""
        return await asyncio.to_thread(self.console.post, path, body, timeout_s=60.0)

    async def open(
        self,
        scenario: Path,
        seed: int,
        windows: str,
        tell: Tell,
        breaking: Callable[[], None] = lambda: None,
    ) -> dict[str, Any]:
        """Begin a session of a scenario folder and wait until it is open; the session as the console tells it.

        `breaking` is called once the healthy time is recorded. SessionFailed when the story could not go on;
        EnvironmentLacks when the shop did not come up, twice.
        """
        self._before = [one.pid for one in self.children()]
        for attempt in (1, 2):
            await self.post("/api/session", {"scenario": self._known_as(scenario), "seed": seed, "windows": windows})
            try:
                return await self._until_live(tell, breaking)
            except SessionFailed as failed:
                if failed.step in STORY:
                    raise
                if attempt == 2:
                    raise EnvironmentLacks(f"A lab did not come up: {failed.what}", failed.hint) from None
        raise AssertionError

    def _known_as(self, scenario: Path) -> str:
        return str(scenario)

    async def _until_live(self, tell: Tell, breaking: Callable[[], None]) -> dict[str, Any]:
        deadline = asyncio.get_running_loop().time() + OPEN_WITHIN_S
        while True:
            session: dict[str, Any] = await self.get("/api/session")
            steps = session["steps"]
            if session["state"] in ENDED:
                error = session.get("error") or {}
                step = next((one["name"] for one in steps if one["state"] == "failed"), "")
                raise SessionFailed(error.get("what") or "The session ended.", error.get("hint") or "", step)
            if session["state"] in BROKEN:
                breaking()
            if session["state"] in LIVE:
                return session
            running = next((one["text"] for one in steps if one["state"] == "running"), "Starting")
            tell(running, None)
            if asyncio.get_running_loop().time() > deadline:
                raise EnvironmentLacks(
                    f"A lab did not come up within {OPEN_WITHIN_S:.0f} s.", "Close other programs, and prove again."
                )
            await asyncio.sleep(POLL_S)

    async def load(self, tell: Tell) -> dict[str, Any]:
        """Run the load test to its verdict."""
        await self.post("/api/load", {})
        deadline = asyncio.get_running_loop().time() + LOADED_WITHIN_S
        while True:
            found: dict[str, Any] = await self.get("/api/load")
            if found["state"] == "done":
                return found
            if found["state"] != "running" or asyncio.get_running_loop().time() > deadline:
                error = found.get("error") or {}
                what = error.get("what") or "The load test did not come to its end."
                raise EnvironmentLacks(what, error.get("hint") or "Prove again.")
            tell("Load test", found.get("progress"))
            await asyncio.sleep(POLL_S)

    async def stop_session(self) -> None:
        """End the session; the console stays for the next one."""
        await self.post("/api/session/stop")

    def journal(self, session: str) -> list[Entry]:
        """The session's journal."""
        return read(self.home / "sessions" / session / "journal.jsonl")

    def surfaces(self) -> list[Surface]:
        """What anybody on this machine sees of the running shop."""
        return [*leaks.processes(self.children()), *leaks.files(self.home / "run")]

    def looker_for_rests(self, session: Mapping[str, Any]) -> Callable[[], stop.Rests]:
        """Called before the session is stopped; what it gives tells, afterwards, what was left of the session."""
        children = self.children()
        services = set(session["processes"].values())
        return lambda: stop.observe(children, services, self._before, self.home / "run")

    def strip(self, text: str) -> str:
        """The text without the paths of this home and of the installation, which belong to the machine."""
        for path in {str(self.home), os.path.realpath(self.home), os.path.realpath(self._cache), *_machine_paths()}:
            text = text.replace(path, "")
        return text


def _machine_paths() -> list[str]:
    import sys

    import lab

    package = Path(lab.__file__).parents[1]
    return [
        sys.prefix,
        sys.base_prefix,
        os.path.realpath(sys.executable),
        sys.executable,
        str(package),
        str(Path.home()),
    ]
