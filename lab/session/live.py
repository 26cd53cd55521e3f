"""The live system of one session: the runtime's services and edges, plus the customers' traffic, as one System."""

from collections.abc import Callable
from typing import Any

from lab.core.errors import Conflict
from lab.core.migration import Migrated, NewColumn
from lab.core.system import Index
from lab.load.run import Traffic
from lab.runtimes import Runtime


class LiveSystem:
    """The System that changes are applied to."""

    def __init__(self, runtime: Runtime, on_migrated: Callable[[NewColumn, Migrated], None]) -> None:
        self._runtime = runtime
        self._on_migrated = on_migrated
        self.customers: Traffic | None = None
        """The background customers, once the doors are open."""

    def _open(self) -> Traffic:
        if self.customers is None:
            raise Conflict("There are no customers yet.", "Wait until the lab has started: `lab status`")
        return self.customers

    async def settings(self, service: str) -> dict[str, Any]:
        """As System.settings."""
        return await self._runtime.settings(service)

    async def version(self, service: str) -> str:
        """As System.version."""
        return await self._runtime.version(service)

    async def patch(self, service: str, settings: dict[str, Any], version: str | None = None) -> None:
        """As System.patch."""
        await self._runtime.patch(service, settings, version)

    async def rules(self, edge: str) -> list[dict[str, Any]]:
        """As System.rules."""
        return await self._runtime.rules(edge)

    async def set_rules(self, edge: str, rules: list[dict[str, Any]]) -> None:
        """As System.set_rules."""
        await self._runtime.set_rules(edge, rules)

    async def kill(self, service: str, *, stay_down: bool = False) -> None:
        """As System.kill."""
        await self._runtime.kill(service, stay_down=stay_down)

    async def bring_back(self, service: str) -> None:
        """As System.bring_back."""
        await self._runtime.bring_back(service)

    async def pause(self, service: str) -> None:
        """As System.pause."""
        await self._runtime.pause(service)

    async def resume(self, service: str) -> None:
        """As System.resume."""
        await self._runtime.resume(service)

    async def indexes(self) -> list[Index]:
        """As System.indexes."""
        return await self._runtime.indexes()

    async def create_index(self, index: Index) -> None:
        """As System.create_index."""
        await self._runtime.create_index(index)

    async def drop_index(self, name: str) -> None:
        """As System.drop_index."""
        await self._runtime.drop_index(name)

    async def columns(self, table: str) -> list[str]:
        """As System.columns."""
        found = [one.columns for one in await self._runtime.tables() if one.name == table]
        return [name for columns in found for name, _type in columns]

    async def migrate(self, new: NewColumn) -> None:
        """As System.migrate; what it did is told to the telemetry."""
        self._on_migrated(new, await self._runtime.migrate(new))

    async def drop_column(self, new: NewColumn) -> None:
        """As System.drop_column."""
        await self._runtime.drop_column(new)

    async def traffic(self) -> dict[str, Any]:
        """As System.traffic."""
        return self._open().as_set()

    async def set_traffic(self, traffic: dict[str, Any]) -> None:
        """As System.set_traffic."""
        await self._open().set(**traffic)
