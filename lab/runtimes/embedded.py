"""The embedded runtime: proxy and services as processes of this machine, on loopback, children of the console."""

import asyncio
import json
import secrets
import shutil
import threading
from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path

from lab.core.errors import Conflict, EnvironmentLacks
from lab.core.migration import Migrated, NewColumn
from lab.core.ports import PortTaken
from lab.core.system import Index
from lab.core.whole import write_whole
from lab.processes import Child, Launcher, Program
from lab.runtimes import Plan, Rows, Table, dataset, readonly_sql, sqlite_indexes, sqlite_migrations
from lab.runtimes.control import Control
from lab.runtimes.kept import Kept
from lab.runtimes.service_files import ServiceFile
from lab.runtimes.starting import (
    PROXY,
    PROXY_COMMAND,
    all_or_none,
    healthy,
    keep_proxy,
)
from lab.runtimes.steering import Steered, not_running
from lab.runtimes.wiring import ADMIN_TOKEN, DATABASE, KEYS, PARTNER_KEYS, Wiring

ATTEMPTS = 5
COPY = "copy.db"


class Embedded(Steered):
    """Gateway, orders and partner, each a process, every HTTP edge through the proxy's process."""

    name = "embedded"

    def __init__(self, launcher: Launcher) -> None:
        super().__init__()
        self._launcher = launcher
        self._kept: dict[str, Kept] = {}
        self._wired: Wiring | None = None

    @property
    def _wiring(self) -> Wiring:
        if self._wired is None:
            raise not_running()
        return self._wired

    @property
    def urls(self) -> dict[str, str]:
        """Service name → base URL."""
        wired = self._wired.services if self._wired is not None else {}
        return {name: f"http://127.0.0.1:{port}" for name, port in wired.items()}

    @property
    def addresses(self) -> dict[str, str]:
        """The same: the lab and the learner are on one machine."""
        return self.urls

    def pids(self) -> dict[str, int]:
        """Every running child."""
        return {name: kept.pid for name, kept in self._kept.items() if kept.pid is not None}

    async def tidy(self) -> None:
        """Nothing to do: everything of an earlier console ended with it."""

    async def warm(self) -> None:
        """Nothing to do: what takes long is kept in the cache folder."""

    async def up(self, plan: Plan) -> None:
        """Start all, wait for health; a port that was taken meanwhile is tried again with others."""
        self._plan = plan
        plan.run_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        token = secrets.token_urlsafe(24)
        write_whole(plan.run_dir / ADMIN_TOKEN, token)
        write_whole(plan.run_dir / KEYS, json.dumps([asdict(key) for key in plan.keys]))
        if plan.sandbox_key is not None:
            write_whole(plan.run_dir / PARTNER_KEYS, json.dumps(Wiring.partner_keys(plan.sandbox_key)))
        self._control = Control(token)
        try:
            await self._database()
            for attempt in range(ATTEMPTS):
                try:
                    await self._start_all(token, attempt)
                    break
                except PortTaken:
                    await self._stop_all()
                    if attempt == ATTEMPTS - 1 or plan.gateway_port is not None:
                        raise EnvironmentLacks(
                            "A port was taken by another program while the lab started.",
                            "Start again: `lab start`",
                        ) from None
        except BaseException:
            await self.down()
            raise
        for kept in self._kept.values():
            kept.watch()

    async def down(self) -> None:
        """End every child and remove the run's folder."""
        await self._stop_all()
        if self._control is not None:
            await self._control.close()
            self._control = None
        if self._plan is not None:
            await asyncio.to_thread(shutil.rmtree, self._plan.run_dir, ignore_errors=True)

    async def kill(self, service: str, *, stay_down: bool = False) -> None:
        """SIGKILL; its watcher starts it again when that is wanted."""
        await self._service(service).kill(stay_down=stay_down)

    async def bring_back(self, service: str) -> None:
        """Its watcher starts it; this waits for its health."""
        await self._service(service).bring_back()

    async def pause(self, service: str) -> None:
        """SIGSTOP."""
        self._service(service).pause()

    async def resume(self, service: str) -> None:
        """SIGCONT."""
        self._service(service).resume()

    async def rows(self, query: str, *, explain: bool = False, copy: bool = False) -> Rows:
        """Read-only SQL on the run's SQLite file; Conflict when a copy is asked that there is not."""
        return await asyncio.to_thread(readonly_sql.run, self._database_path(copy=copy), query, explain=explain)

    async def tables(self, *, copy: bool = False) -> list[Table]:
        """The tables of the run's SQLite file."""
        return await asyncio.to_thread(readonly_sql.tables, self._database_path(copy=copy))

    async def copy_database(self) -> None:
        """Another file beside the run's own."""
        await asyncio.to_thread(sqlite_migrations.copy, self._database_path(), self.plan.run_dir / COPY)

    async def migrate(self, new: NewColumn, *, copy: bool = False) -> Migrated:
        """In a thread, which is waited for even when nobody waits for this any more."""
        stop, path = threading.Event(), self._database_path(copy=copy)
        working = asyncio.ensure_future(asyncio.to_thread(sqlite_migrations.migrate, path, new, stop))
        try:
            return await asyncio.shield(working)
        except asyncio.CancelledError:
            stop.set()
            await asyncio.gather(working, return_exceptions=True)
            raise

    async def drop_column(self, new: NewColumn) -> None:
        """From the run's SQLite file; writers wait meanwhile."""
        await asyncio.to_thread(sqlite_migrations.drop_column, self._database_path(), new)

    async def indexes(self) -> list[Index]:
        """Those of the run's SQLite file."""
        return await asyncio.to_thread(sqlite_indexes.found, self._database_path())

    async def create_index(self, index: Index) -> None:
        """In the run's SQLite file; writers wait meanwhile."""
        await asyncio.to_thread(sqlite_indexes.create, self._database_path(), index)

    async def drop_index(self, name: str) -> None:
        """From the run's SQLite file."""
        await asyncio.to_thread(sqlite_indexes.drop, self._database_path(), name)

    def _service(self, name: str) -> Kept:
        self._url(name, "")
        return self._kept[name]

    def _proxy_url(self, path: str) -> str:
        return f"http://127.0.0.1:{self._wiring.control}{path}"

    def _database_path(self, *, copy: bool = False) -> Path:
        path = self.plan.run_dir / (COPY if copy else DATABASE)
        if copy and not path.exists():
            raise Conflict("There is no copy of the database yet.", "Rehearse the migration on one: `lab rehearse`")
        return path

    async def _database(self) -> None:
        owner = next((one for one in self._services.values() if one.database_env), None)
        if owner is None:
            return
        self.plan.on_step("database", "running")
        await dataset.prepare(owner, self.plan.orders, self.plan.cache_dir, self._database_path())
        self.plan.on_step("database", "done")

    async def _start_all(self, token: str, attempt: int) -> None:
        self._wired = Wiring.pick(self._services, self.plan.gateway_port, attempt)
        self._kept = {PROXY: self._keep_proxy(token)} | {name: self._keep(one) for name, one in self._services.items()}
        await all_or_none([self._start(name, kept) for name, kept in self._kept.items()])

    async def _start(self, name: str, kept: Kept) -> None:
        self.plan.on_step(name, "running")
        await kept.start()
        self.plan.on_step(name, "done")

    def _keep_proxy(self, token: str) -> Kept:
        return keep_proxy(
            {
                "token": token,
                "control_port": self._wiring.control,
                "edges": [self._wiring.edge_config(edge) for edge in self.edges],
            },
            begin=lambda: self._launch(PROXY, PROXY_COMMAND),
            again=self._set_rules_again,
            tell=partial(self.plan.on_event, PROXY),
        )

    def _keep(self, service: ServiceFile) -> Kept:
        port = self._wiring.services[service.name]
        return Kept(
            service.name,
            begin=lambda: self._launch(service.name, service.command, self._wiring.service_env(service, self.plan)),
            healthy=lambda child: healthy(service, child, port, self.plan.nonce, self.control),
            again=partial(self._patch_again, service.name),
            tell=partial(self.plan.on_event, service.name),
        )

    async def _launch(self, title: str, command: tuple[str, ...], env: Mapping[str, str] | None = None) -> Child:
        folder = self.plan.run_dir
        return await self._launcher.start(Program(title, command, folder, env or {}, folder / f"{title}.log"))

    async def _stop_all(self) -> None:
        await asyncio.gather(*(kept.stop() for kept in self._kept.values()))
        self._kept = {}
        self._forget()
