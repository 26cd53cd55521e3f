"""The embedded runtime: proxy and services as processes of this machine, on loopback, children of the console."""

import asyncio
import contextlib
import json
import os
import secrets
import shutil
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from lab.core.errors import ENVIRONMENT, EnvironmentLacks, LabError
from lab.runtimes import Plan, dataset, ports, readonly_sql
from lab.runtimes.control import Control
from lab.runtimes.process import Child, spawn
from lab.runtimes.service_files import ServiceFile, service_files
from lab.runtimes.wiring import ADMIN_TOKEN, DATABASE, KEYS, Wiring, edges_of

HEALTHY_WITHIN_S = 20.0
RESTARTS_PER_MINUTE = 5
ATTEMPTS = 5


class Embedded:
    """Gateway, orders and partner, each a process, every HTTP edge through the proxy's process."""

    name = "embedded"

    def __init__(self) -> None:
        self._services: Mapping[str, ServiceFile] = service_files()
        self._children: dict[str, Child] = {}
        self._watchers: list[asyncio.Task[None]] = []
        self._wired: Wiring | None = None
        self._rules: dict[str, list[dict[str, Any]]] = {}
        self._patched: dict[str, tuple[dict[str, Any], str | None]] = {}
        self._plan: Plan | None = None
        self._control: Control | None = None
        self._stopping = False

    @property
    def plan(self) -> Plan:
        """The plan of the present run; EnvironmentLacks when nothing was started."""
        if self._plan is None:
            raise EnvironmentLacks("The system is not running.", "Start it: `lab start`")
        return self._plan

    @property
    def control(self) -> Control:
        """The HTTP client towards admin routes and the proxy's control API."""
        if self._control is None:
            raise EnvironmentLacks("The system is not running.", "Start it: `lab start`")
        return self._control

    @property
    def _wiring(self) -> Wiring:
        if self._wired is None:
            raise EnvironmentLacks("The system is not running.", "Start it: `lab start`")
        return self._wired

    @property
    def urls(self) -> dict[str, str]:
        """Service name → base URL."""
        wired = self._wired.services if self._wired is not None else {}
        return {name: f"http://127.0.0.1:{port}" for name, port in wired.items()}

    @property
    def edges(self) -> tuple[str, ...]:
        """Every HTTP edge."""
        return edges_of(self._services)

    def third_party(self, service: str) -> bool:
        """As the service's own file says."""
        return self._services[service].third_party

    def pids(self) -> dict[str, int]:
        """Every running child."""
        return {name: child.pid for name, child in self._children.items() if child.returncode is None}

    async def up(self, plan: Plan) -> None:
        """Start all, wait for health; a port that was taken meanwhile is tried again with others."""
        self._plan = plan
        self._stopping = False
        plan.run_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        token = secrets.token_urlsafe(24)
        _private(plan.run_dir / ADMIN_TOKEN, token)
        _private(plan.run_dir / KEYS, json.dumps([asdict(key) for key in plan.keys]))
        self._control = Control(token)
        try:
            await self._database()
            for attempt in range(ATTEMPTS):
                try:
                    await self._start_all(token, attempt)
                    break
                except _PortTaken:
                    await self._stop_children()
                    if attempt == ATTEMPTS - 1 or plan.gateway_port is not None:
                        raise EnvironmentLacks(
                            "A port was taken by another program while the lab started.",
                            "Start again: `lab start`",
                        ) from None
        except BaseException:
            await self.down()
            raise
        self._watchers = [asyncio.create_task(self._watch(name)) for name in self._services]

    async def down(self) -> None:
        """End every child and remove the run's folder."""
        self._stopping = True
        for watcher in self._watchers:
            watcher.cancel()
        await asyncio.gather(*self._watchers, return_exceptions=True)
        self._watchers = []
        await self._stop_children()
        if self._control is not None:
            await self._control.close()
            self._control = None
        if self._plan is not None:
            await asyncio.to_thread(shutil.rmtree, self._plan.run_dir, ignore_errors=True)

    async def settings(self, service: str) -> dict[str, Any]:
        """The service's settings as it reports them."""
        answer = await self.control.json("GET", self._url(service, "/internal/settings"))
        return dict(answer["settings"])

    async def version(self, service: str) -> str:
        """The release the service reports."""
        return str((await self.control.json("GET", self._url(service, "/internal/settings")))["version"])

    async def patch(self, service: str, settings: dict[str, Any], version: str | None = None) -> None:
        """Set settings and release; remembered, so that a restarted service gets them again."""
        body: dict[str, Any] = {"settings": settings}
        if version is not None:
            body["version"] = version
        await self.control.json("PATCH", self._url(service, "/internal/settings"), body)
        before, old_version = self._patched.get(service, ({}, None))
        self._patched[service] = ({**before, **settings}, version or old_version)

    async def rules(self, edge: str) -> list[dict[str, Any]]:
        """The rules last set on the edge."""
        return list(self._rules.get(self._known_edge(edge), []))

    async def set_rules(self, edge: str, rules: list[dict[str, Any]]) -> None:
        """Replace the edge's rules at once."""
        await self.control.json("PUT", self._proxy_url(f"/rules/{self._known_edge(edge)}"), rules)
        self._rules[edge] = rules

    async def rows(self, query: str, *, explain: bool = False) -> readonly_sql.Rows:
        """Read-only SQL on the run's SQLite file."""
        return await asyncio.to_thread(readonly_sql.run, self._database_path(), query, explain=explain)

    def _known_edge(self, edge: str) -> str:
        if edge not in self.edges:
            raise LabError(f"There is no edge {edge!r}.", f"Known edges: {', '.join(self.edges)}.")
        return edge

    def _url(self, service: str, path: str) -> str:
        if service not in self._services:
            raise LabError(f"There is no service {service!r}.", f"Known services: {', '.join(self._services)}.")
        return f"http://127.0.0.1:{self._wiring.services[service]}{path}"

    def _proxy_url(self, path: str) -> str:
        return f"http://127.0.0.1:{self._wiring.control}{path}"

    def _database_path(self) -> Path:
        return self.plan.run_dir / DATABASE

    async def _database(self) -> None:
        owner = next((one for one in self._services.values() if one.database_env), None)
        if owner is None:
            return
        self.plan.on_step("database", "running")
        await dataset.prepare(owner, self.plan.orders, self.plan.cache_dir, self._database_path())
        self.plan.on_step("database", "done")

    async def _start_all(self, token: str, attempt: int) -> None:
        self._wired = Wiring.pick(self._services, self.plan.gateway_port, attempt)
        starting = [asyncio.create_task(self._start_proxy(token))]
        starting += [asyncio.create_task(self._start_service(name)) for name in self._services]
        try:
            await asyncio.gather(*starting)
        finally:
            # when one could not start, the others must not go on starting behind our back
            for task in starting:
                task.cancel()
            await asyncio.gather(*starting, return_exceptions=True)

    async def _start_proxy(self, token: str) -> None:
        self.plan.on_step("network", "running")
        config = {
            "token": token,
            "control_port": self._wiring.control,
            "exit_with_parent": True,
            "edges": [self._wiring.edge_config(edge) for edge in self.edges],
        }
        child = await spawn(
            "network",
            ("python", "-m", "lab.proxy"),
            env={},
            cwd=self.plan.run_dir,
            stdin_line=config,
            stdout=asyncio.subprocess.PIPE,
        )
        self._children["proxy"] = child
        assert child.process.stdout is not None
        ready = await asyncio.wait_for(child.process.stdout.readline(), HEALTHY_WITHIN_S)
        if not ready:
            raise await _died(child, self._wiring.control)
        self.plan.on_step("network", "done")

    async def _start_service(self, name: str) -> None:
        service = self._services[name]
        self.plan.on_step(name, "running")
        child = await spawn(
            name, service.command, env=self._wiring.service_env(service, self.plan), cwd=self.plan.run_dir
        )
        self._children[name] = child
        await self._healthy(service, child)
        self.plan.on_step(name, "done")

    async def _healthy(self, service: ServiceFile, child: Child) -> None:
        deadline = time.monotonic() + HEALTHY_WITHIN_S
        url = self._url(service.name, service.health)
        while time.monotonic() < deadline:
            if child.returncode is not None:
                raise await _died(child, self._wiring.services[service.name])
            # the nonce tells our service from a stranger's on the same port
            with contextlib.suppress(LabError):
                if (await self.control.json("GET", url)).get("nonce") == self.plan.nonce:
                    return
            await asyncio.sleep(0.02)
        raise EnvironmentLacks(
            f"{service.title} was not healthy within {HEALTHY_WITHIN_S:.0f} seconds. {child.last_words()}".strip(),
            "The machine may be very busy; try again, or look at: `lab doctor`",
        )

    async def _watch(self, name: str) -> None:
        """Start a service again when it ends by itself, as any supervisor would."""
        recent: list[float] = []
        while not self._stopping:
            child = self._children[name]
            code = await child.process.wait()
            if self._stopping:
                return
            recent = [at for at in recent if time.monotonic() - at < 60] + [time.monotonic()]
            if len(recent) > RESTARTS_PER_MINUTE:
                self.plan.on_event(name, f"{name} keeps ending (exit {code}) and is no longer restarted")
                return
            self.plan.on_event(name, f"{name} ended (exit {code}) and is being restarted")
            try:
                await self._start_service(name)
                settings, version = self._patched.get(name, ({}, None))
                if settings or version:
                    await self.patch(name, settings, version)
            except (LabError, _PortTaken) as error:
                self.plan.on_event(name, f"{name} could not be restarted: {error}")
                await asyncio.sleep(1)

    async def _stop_children(self) -> None:
        await asyncio.gather(*(child.stop() for child in self._children.values()))
        self._children = {}
        self._rules = {}
        self._patched = {}


class _PortTaken(Exception):
    """A child found its port in use."""


async def _died(child: Child, port: int) -> Exception:
    code = await child.process.wait()
    if code == ENVIRONMENT and not ports.is_free(port):
        return _PortTaken(child.name)
    return EnvironmentLacks(
        f"{child.name} ended at once (exit {code}). {child.last_words()}".strip(), "Check the machine: `lab doctor`"
    )


def _private(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
