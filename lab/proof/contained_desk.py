"""A desk whose lab lives in containers; what a process of this machine is asked there, the engine is asked here."""

import asyncio
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import psutil

from lab.containers.engine import Container, Engine, connect
from lab.containers.life import CONSOLE, Wish, end_with, open_lab
from lab.containers.luggage import HOME, unpacked
from lab.containers.project import SHOWN_AT, name_for
from lab.proof.desk import Desk
from lab.proof.steps import stop
from lab.proof.steps.leaks import Surface
from lab.remote.client import Console
from lab.remote.home import usual_home
from lab.session.journal import Entry, read

INSTALLED = ("/opt/faultlab", "/var/lib/faultlab", "/run/faultlab")


class ContainedDesk(Desk):
    """Containers of a project of their own. `scenarios` is the one scenario, or folder of some, that they are shown."""

    def __init__(self, cache: Path, scenarios: Path, tell: Callable[[str], None]) -> None:
        super().__init__(cache)
        self._scenarios = scenarios
        self._tell = tell
        self._url: str | None = None
        self._engine: Engine | None = None
        self._project = ""

    async def __aenter__(self) -> "ContainedDesk":
        self.home = Path(tempfile.mkdtemp(prefix="lab-"))
        self._project = name_for(self.home, usual_home())
        try:
            self._engine = await asyncio.to_thread(connect)
            wish = Wish(self.home, self._project, scenarios=self._scenarios)
            opened = await asyncio.to_thread(open_lab, wish, lambda _going: None, self._tell)
            self._url = opened.url
            self._console = Console(self._url)
        except BaseException:
            await self._clear()
            raise
        return self

    def _end(self) -> None:
        if self._engine is not None:
            end_with(self._engine, self.home, self._project, self._url)
            self._engine.close()
        shutil.rmtree(self.home, ignore_errors=True)

    def _known_as(self, scenario: Path) -> str:
        return f"{SHOWN_AT}/{scenario.name}"

    def _containers(self) -> tuple[Engine, dict[str, Container]]:
        assert self._engine is not None, "only inside `async with`"
        return self._engine, {one.service: one for one in self._engine.containers(self._project)}

    def children(self) -> list[psutil.Process]:
        """None: the engine runs them."""
        return []

    def journal(self, session: str) -> list[Entry]:
        """The session's journal, which is in the console's container."""
        engine, there = self._containers()
        archive = engine.fetch(there[CONSOLE], f"{HOME}/sessions/{session}/journal.jsonl")
        path = self.home / "journal.jsonl"
        path.write_bytes(b"".join(content for _, content, _ in unpacked(archive)))
        return read(path)

    def surfaces(self) -> list[Surface]:
        """Commands, environments and processes of the shop's containers; the console's is the lab's, not the shop's."""
        engine, there = self._containers()
        shop = {name: one for name, one in there.items() if name != CONSOLE}
        return [
            Surface("containers", f"container of {name}", "\n".join(engine.shown(one))) for name, one in shop.items()
        ]

    def strip(self, text: str) -> str:
        """The text without the project's name and the installation's folders, which every lab in containers has."""
        for name in (self._project, *INSTALLED):
            text = text.replace(name, "")
        return super().strip(text)

    def looker_for_rests(self, session: Mapping[str, Any]) -> Callable[[], stop.Rests]:
        """Between sessions a service's container runs its supervisor alone; a run's files are in the console's."""
        engine, there = self._containers()
        services = {name: one for name, one in there.items() if name in session["processes"] and name != CONSOLE}

        def rests() -> stop.Rests:
            running = [
                f"{name}: {words}"
                for name, one in services.items()
                for words in engine.processes(one)
                if words.split()[:1] == [name] or f"services.{name}" in words
            ]
            files = [str(path) for path, _, _ in unpacked(engine.fetch(there[CONSOLE], f"{HOME}/run"))]
            return running, files

        return rests
