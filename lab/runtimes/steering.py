"""What every runtime does alike: settings, releases and edge rules, over HTTP to services and proxy."""

from collections.abc import Mapping
from typing import Any

from lab.core.errors import EnvironmentLacks, LabError
from lab.runtimes import Plan
from lab.runtimes.control import Control
from lab.runtimes.service_files import ServiceFile, service_files
from lab.runtimes.wiring import edges_of


class Steered:
    """A system that answers HTTP. A runtime adds where it answers, and how it is started and ended."""

    def __init__(self) -> None:
        self._services: Mapping[str, ServiceFile] = service_files()
        self._rules: dict[str, list[dict[str, Any]]] = {}
        self._patched: dict[str, tuple[dict[str, Any], str | None]] = {}
        self._plan: Plan | None = None
        self._control: Control | None = None

    @property
    def plan(self) -> Plan:
        """The plan of the present run; EnvironmentLacks when nothing was started."""
        if self._plan is None:
            raise not_running()
        return self._plan

    @property
    def control(self) -> Control:
        """The HTTP client towards admin routes and the proxy's control API."""
        if self._control is None:
            raise not_running()
        return self._control

    @property
    def urls(self) -> Mapping[str, str]:
        """Service name → base URL, reachable from here."""
        raise NotImplementedError

    @property
    def edges(self) -> tuple[str, ...]:
        """Every HTTP edge."""
        return edges_of(self._services)

    def third_party(self, service: str) -> bool:
        """As the service's own file says."""
        return self._services[service].third_party

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

    async def _patch_again(self, service: str) -> None:
        """Give a service that was started again what had been set."""
        settings, version = self._patched.get(service, ({}, None))
        if settings or version:
            await self.patch(service, settings, version)

    async def _set_rules_again(self) -> None:
        """Give a proxy that was started again its rules."""
        for edge, rules in self._rules.items():
            await self.set_rules(edge, rules)

    def _forget(self) -> None:
        """What had been set is gone with the system."""
        self._rules, self._patched = {}, {}

    def _known_edge(self, edge: str) -> str:
        if edge not in self.edges:
            raise LabError(f"There is no edge {edge!r}.", f"Known edges: {', '.join(self.edges)}.")
        return edge

    def _url(self, service: str, path: str) -> str:
        if service not in self._services:
            raise LabError(f"There is no service {service!r}.", f"Known services: {', '.join(self._services)}.")
        if service not in self.urls:
            raise not_running()
        return f"{self.urls[service]}{path}"

    def _proxy_url(self, path: str) -> str:
        raise NotImplementedError


def not_running() -> EnvironmentLacks:
    """There is no system to do anything with."""
    return EnvironmentLacks("The system is not running.", "Start it: `lab start`")
