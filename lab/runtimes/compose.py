"""The compose runtime: services in containers of their own, the proxy a child of the console, PostgreSQL beside them.

It runs inside the console's container and has no way to the engine. What it asks for, the supervisor in each service's
container does; what an engine does to a container is noticed from the outside, said, and made good.
"""

import asyncio
import contextlib
import json
import secrets
import shutil
from collections.abc import Awaitable
from dataclasses import asdict
from functools import partial
from typing import Any

from lab.core.errors import EnvironmentLacks, LabError
from lab.core.migration import Migrated, NewColumn
from lab.core.system import Index
from lab.core.whole import write_whole
from lab.processes import Child, Launcher, Program
from lab.runtimes import Plan, Rows, Table
from lab.runtimes.control import Control
from lab.runtimes.kept import Kept
from lab.runtimes.postgres import indexing, reading
from lab.runtimes.postgres.prepare import USUAL_ORDERS
from lab.runtimes.postgres.server import Server
from lab.runtimes.service_files import ServiceFile
from lab.runtimes.site import OUTSIDE, Site, in_containers
from lab.runtimes.starting import PROXY, PROXY_COMMAND, all_or_none, keep_proxy
from lab.runtimes.steering import Steered
from lab.runtimes.supervisors import Supervisors
from lab.runtimes.watching import watch_container, watch_database
from lab.runtimes.wiring import ADMIN_TOKEN, KEYS

PROXY_CONTROL_PORT = 9100


class Compose(Steered):
    """Gateway, orders and partner, each in a container; every HTTP edge through the proxy in this one."""

    name = "compose"

    def __init__(self, launcher: Launcher, site: Site | None = None) -> None:
        super().__init__()
        self._launcher = launcher
        self._site = site or in_containers()
        self._server = Server(self._site)
        self._supervisors = Supervisors(self._site)
        self._proxy: Kept | None = None
        self._database = ""
        self._envs: dict[str, dict[str, str]] = {}
        self._pids: dict[str, int | None] = {}
        self._down: set[str] = set()
        self._paused: set[str] = set()
        self._watchers: list[asyncio.Task[None]] = []
        self._tidied = asyncio.Event()

    @property
    def urls(self) -> dict[str, str]:
        """Service name → base URL on the containers' network."""
        return dict(self._site.services) if self._proxy is not None else {}

    @property
    def addresses(self) -> dict[str, str]:
        """What is published on the host."""
        return dict(self._site.addresses) if self._proxy is not None else {}

    def pids(self) -> dict[str, int]:
        """Every running process, numbered as its own container numbers it."""
        proxy = {} if self._proxy is None or self._proxy.pid is None else {PROXY: self._proxy.pid}
        return proxy | {name: pid for name, pid in self._pids.items() if pid is not None}

    async def tidy(self) -> None:
        """End services that still run for a console that is gone, and drop their databases."""
        self._site.make_secrets()
        try:
            await self._supervisors.stop(list(self._services))
            await self._supervisors.close()
            await self._server.ready()
            await self._server.tidy()
        finally:
            self._tidied.set()

    async def warm(self) -> None:
        """Have the database of the usual size filled, once all is tidy; `prepare` is probably at it."""
        await self._tidied.wait()
        for owner in self._owners():
            await self._server.template(owner, USUAL_ORDERS)

    async def up(self, plan: Plan) -> None:
        """Start all, wait for health."""
        self._plan = plan
        await asyncio.to_thread(plan.run_dir.mkdir, mode=0o700, parents=True, exist_ok=True)
        self._site.make_secrets()
        token = secrets.token_urlsafe(24)
        write_whole(self._site.control_dir / ADMIN_TOKEN, token)
        write_whole(self._site.control_dir / KEYS, json.dumps([asdict(key) for key in plan.keys]))
        self._control = Control(token)
        self._proxy = self._keep_proxy(token)
        try:
            storing = asyncio.create_task(self._store())
            beginning = [self._step(name, self._begin(one, storing)) for name, one in self._services.items()]
            await all_or_none([storing, self._step(PROXY, self._proxy.start()), *beginning])
        except BaseException:
            await self.down()
            raise
        self._proxy.watch()
        self._watchers = [asyncio.create_task(self._watch(name)) for name in self._services]
        self._watchers.append(asyncio.create_task(watch_database(self._server, partial(plan.on_event, "database"))))

    async def down(self) -> None:
        """End the services and the proxy, drop the run's database; the containers stay for the next run."""
        for task in self._watchers:
            task.cancel()
        await asyncio.gather(*self._watchers, return_exceptions=True)
        self._watchers = []
        await self._supervisors.stop(list(self._services))
        await self._supervisors.close()
        if self._proxy is not None:
            await self._proxy.stop()
            self._proxy = None
        if self._database:
            with contextlib.suppress(LabError):  # a server that is gone has none either
                await self._server.drop(self._database)
            self._database = ""
        if self._control is not None:
            await self._control.close()
            self._control = None
        self._forget()
        self._down, self._paused, self._pids = set(), set(), {}
        if self._plan is not None:
            for name in (ADMIN_TOKEN, KEYS):
                await asyncio.to_thread((self._site.control_dir / name).unlink, missing_ok=True)
            await asyncio.to_thread(shutil.rmtree, self._plan.run_dir, ignore_errors=True)

    async def kill(self, service: str, *, stay_down: bool = False) -> None:
        """Its supervisor kills it, and starts it again when that is wanted."""
        await self._act(service, "kill", stay_down=stay_down)
        if stay_down:
            self._down.add(service)

    async def bring_back(self, service: str) -> None:
        """Its supervisor starts it; this waits for its health."""
        self._down.discard(service)
        await self._act(service, "bring_back")

    async def pause(self, service: str) -> None:
        """Its supervisor stops it where it stands."""
        await self._act(service, "pause")
        self._paused.add(service)

    async def resume(self, service: str) -> None:
        """Its supervisor lets it go on."""
        self._paused.discard(service)
        await self._act(service, "resume")

    async def rows(self, query: str, *, explain: bool = False, copy: bool = False) -> Rows:
        """Read-only SQL on the run's database."""
        if copy:
            raise _no_migrations()
        return await reading.run(self._site, self._database, query, explain=explain)

    async def tables(self, *, copy: bool = False) -> list[Table]:
        """The tables of the run's database."""
        if copy:
            raise _no_migrations()
        return await reading.tables(self._site, self._database)

    async def copy_database(self) -> None:
        """Not here."""
        raise _no_migrations()

    async def migrate(self, new: NewColumn, *, copy: bool = False) -> Migrated:
        """Not here."""
        raise _no_migrations()

    async def drop_column(self, new: NewColumn) -> None:
        """Not here."""
        raise _no_migrations()

    async def indexes(self) -> list[Index]:
        """Those of the run's database."""
        return await indexing.found(self._server, self._database)

    async def create_index(self, index: Index) -> None:
        """In the run's database; nobody waits for it."""
        await indexing.create(self._server, self._database, index)

    async def drop_index(self, name: str) -> None:
        """From the run's database."""
        await indexing.drop(self._server, self._database, name)

    async def _act(self, service: str, what: str, **how: Any) -> None:
        self._url(service, "")  # one that does not exist, or a system that is down, is told first
        await self._supervisors.act(service, what, **how)

    def _proxy_url(self, path: str) -> str:
        return f"http://127.0.0.1:{PROXY_CONTROL_PORT}{path}"

    def _owners(self) -> list[ServiceFile]:
        return [one for one in self._services.values() if one.database_env]

    async def _step(self, name: str, starting: Awaitable[None]) -> None:
        self.plan.on_step(name, "running")
        await starting
        self.plan.on_step(name, "done")

    async def _store(self) -> None:
        """The run's own database, for the services that have one."""
        for owner in self._owners():
            self.plan.on_step("database", "running")
            await self._server.ready()
            self._database = await self._server.copy(await self._server.template(owner, self.plan.orders))
            self.plan.on_step("database", "done")

    async def _begin(self, service: ServiceFile, storing: "asyncio.Task[None]") -> None:
        """Start one service, once its container and what it stores in are there."""
        await self._supervisors.reached(service.name)
        if service.database_env:
            await asyncio.shield(storing)
        self._envs[service.name] = self._env(service)
        await self._begin_again(service.name)

    async def _begin_again(self, name: str) -> None:
        status = await self._supervisors.start(name, self._envs[name], stay_down=name in self._down)
        self._pids[name] = status["pid"]

    def _env(self, service: ServiceFile) -> dict[str, str]:
        """What a service is told for this session; the rest stands in docker-compose.yml."""
        env = {
            "SERVICE_VERSION": service.version,
            "INSTANCE_NONCE": self.plan.nonce,
            "ADMIN_TOKEN_FILE": str(self._site.control_dir / ADMIN_TOKEN),
        }
        if service.name == "gateway":
            env["API_KEYS_FILE"] = str(self._site.control_dir / KEYS)
        if service.database_env:
            env[service.database_env] = self._site.database_url(self._database)
        return env

    async def _watch(self, name: str) -> None:
        async def status(after: int) -> dict[str, Any]:
            told = await self._supervisors.status(name, after)
            self._pids[name] = told["pid"]
            return told

        async def restarted() -> None:
            """The container is a new one: the service in it has to be started, and be as it was."""
            await self._begin_again(name)
            if name not in self._down:
                await self._patch_again(name)
            if name in self._paused:
                await self._supervisors.act(name, "pause")

        await watch_container(
            name,
            status=status,
            restarted=restarted,
            set_up_again=partial(self._patch_again, name),
            tell=partial(self.plan.on_event, name),
        )

    def _keep_proxy(self, token: str) -> Kept:
        folder = self.plan.run_dir

        async def begin() -> Child:
            return await self._launcher.start(Program(PROXY, PROXY_COMMAND, folder, {}, folder / f"{PROXY}.log"))

        return keep_proxy(
            {
                "token": token,
                "bind": "0.0.0.0",  # noqa: S104 - its networks have only our containers
                "control_port": PROXY_CONTROL_PORT,
                "edges": [self._edge(edge, port) for edge, port in self._site.edges.items()],
            },
            begin=begin,
            again=self._set_rules_again,
            tell=partial(self.plan.on_event, PROXY),
        )

    def _edge(self, edge: str, port: int) -> dict[str, Any]:
        _, callee = edge.split("->")
        host, _, number = self._site.services[callee].rpartition("//")[2].partition(":")
        return {"name": edge, "listen": port, "host": host, "port": int(number)}


def _no_migrations() -> EnvironmentLacks:
    return EnvironmentLacks(
        "The lab in containers has no migrations.",
        f"{OUTSIDE} `lab stop`, then `lab start --runtime embedded`",
    )
