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
from functools import partial
from pathlib import Path
from typing import Any

from lab.core.errors import ENVIRONMENT, EnvironmentLacks, LabError
from lab.processes import Child, Launcher, Program
from lab.runtimes import Plan, dataset, ports, readonly_sql
from lab.runtimes.control import Control
from lab.runtimes.kept import Kept
from lab.runtimes.service_files import ServiceFile, service_files
from lab.runtimes.wiring import ADMIN_TOKEN, DATABASE, KEYS, PARTNER_KEYS, Wiring, edges_of

PROXY = "network"
"""What the edge proxy is called where people see it: it stands for the network between the services."""
HEALTHY_WITHIN_S = 20.0
ATTEMPTS = 5


class Embedded:
    """Gateway, orders and partner, each a process, every HTTP edge through the proxy's process."""

    name = "embedded"

    def __init__(self, launcher: Launcher) -> None:
        self._launcher = launcher
        self._services: Mapping[str, ServiceFile] = service_files()
        self._kept: dict[str, Kept] = {}
        self._wired: Wiring | None = None
        self._rules: dict[str, list[dict[str, Any]]] = {}
        self._patched: dict[str, tuple[dict[str, Any], str | None]] = {}
        self._plan: Plan | None = None
        self._control: Control | None = None

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
        return {name: kept.pid for name, kept in self._kept.items() if kept.pid is not None}

    async def up(self, plan: Plan) -> None:
        """Start all, wait for health; a port that was taken meanwhile is tried again with others."""
        self._plan = plan
        plan.run_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        token = secrets.token_urlsafe(24)
        _private(plan.run_dir / ADMIN_TOKEN, token)
        _private(plan.run_dir / KEYS, json.dumps([asdict(key) for key in plan.keys]))
        if plan.sandbox_key is not None:
            _private(plan.run_dir / PARTNER_KEYS, json.dumps(Wiring.partner_keys(plan.sandbox_key)))
        self._control = Control(token)
        try:
            await self._database()
            for attempt in range(ATTEMPTS):
                try:
                    await self._start_all(token, attempt)
                    break
                except _PortTaken:
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

    async def rows(self, query: str, *, explain: bool = False) -> readonly_sql.Rows:
        """Read-only SQL on the run's SQLite file."""
        return await asyncio.to_thread(readonly_sql.run, self._database_path(), query, explain=explain)

    def _known_edge(self, edge: str) -> str:
        if edge not in self.edges:
            raise LabError(f"There is no edge {edge!r}.", f"Known edges: {', '.join(self.edges)}.")
        return edge

    def _service(self, name: str) -> Kept:
        self._url(name, "")
        return self._kept[name]

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
        self._kept = {PROXY: self._keep_proxy(token)} | {name: self._keep(one) for name, one in self._services.items()}
        starting = [asyncio.create_task(self._start(name, kept)) for name, kept in self._kept.items()]
        try:
            await asyncio.gather(*starting)
        finally:
            # when one could not start, the others must not go on starting behind our back
            for task in starting:
                task.cancel()
            await asyncio.gather(*starting, return_exceptions=True)

    async def _start(self, name: str, kept: Kept) -> None:
        self.plan.on_step(name, "running")
        await kept.start()
        self.plan.on_step(name, "done")

    def _keep_proxy(self, token: str) -> Kept:
        config = {
            "token": token,
            "control_port": self._wiring.control,
            "exit_with_parent": True,
            "edges": [self._wiring.edge_config(edge) for edge in self.edges],
        }

        async def begin() -> Child:
            child = await self._launch(PROXY, ("python", "-m", "lab.proxy"))
            await child.write_line(json.dumps(config).encode())
            return child

        async def ready(child: Child) -> None:
            with contextlib.suppress(TimeoutError):
                if await asyncio.wait_for(child.stdout.readline(), HEALTHY_WITHIN_S):
                    return
            raise await _died(child, self._wiring.control)

        async def again() -> None:
            for edge, rules in self._rules.items():
                await self.set_rules(edge, rules)

        return Kept(PROXY, begin=begin, healthy=ready, again=again, tell=partial(self.plan.on_event, PROXY))

    def _keep(self, service: ServiceFile) -> Kept:
        async def again() -> None:
            settings, version = self._patched.get(service.name, ({}, None))
            if settings or version:
                await self.patch(service.name, settings, version)

        return Kept(
            service.name,
            begin=lambda: self._launch(service.name, service.command, self._wiring.service_env(service, self.plan)),
            healthy=partial(self._healthy, service),
            again=again,
            tell=partial(self.plan.on_event, service.name),
        )

    async def _launch(self, title: str, command: tuple[str, ...], env: Mapping[str, str] | None = None) -> Child:
        folder = self.plan.run_dir
        return await self._launcher.start(Program(title, command, folder, env or {}, folder / f"{title}.log"))

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

    async def _stop_all(self) -> None:
        await asyncio.gather(*(kept.stop() for kept in self._kept.values()))
        self._kept = {}
        self._rules = {}
        self._patched = {}


class _PortTaken(EnvironmentLacks):
    """A child found its port in use."""


async def _died(child: Child, port: int) -> EnvironmentLacks:
    if child.returncode is None:
        await child.stop()
    code = await child.wait()
    if code == ENVIRONMENT and not ports.is_free(port):
        return _PortTaken(f"Port {port} is taken by another program.", "Start again: `lab start`")
    return EnvironmentLacks(
        f"{child.title} ended at once (exit {code}). {child.last_words()}".strip(), "Check the machine: `lab doctor`"
    )


def _private(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
