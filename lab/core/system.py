"""The System protocol: what a change may do to a running system, on every runtime."""

from dataclasses import dataclass
from typing import Any, Protocol

from lab.core.migration import NewColumn


@dataclass(frozen=True, slots=True)
class Index:
    """An index of the shop's database that backs no promise: neither a primary key nor a unique column's."""

    name: str
    table: str
    columns: tuple[str, ...]


class Steerable(Protocol):
    """What a system and the place where it runs have in common. Methods raise LabError when it does not answer."""

    async def settings(self, service: str) -> dict[str, Any]:
        """The service's current settings by name."""
        ...

    async def version(self, service: str) -> str:
        """The service's current release, e.g. `2.4.1`."""
        ...

    async def patch(self, service: str, settings: dict[str, Any], version: str | None = None) -> None:
        """Set settings, all or none, and optionally the release."""
        ...

    async def rules(self, edge: str) -> list[dict[str, Any]]:
        """The edge's rules, in order, in their written form."""
        ...

    async def set_rules(self, edge: str, rules: list[dict[str, Any]]) -> None:
        """Replace all rules of one edge at once."""
        ...

    async def kill(self, service: str, *, stay_down: bool = False) -> None:
        """End the service's process at once; it is started again unless it shall `stay_down`."""
        ...

    async def bring_back(self, service: str) -> None:
        """Have a service that was killed running and healthy again; one that runs goes on."""
        ...

    async def pause(self, service: str) -> None:
        """Stop the service's process where it stands."""
        ...

    async def resume(self, service: str) -> None:
        """Let a paused service go on; one that runs goes on."""
        ...

    async def indexes(self) -> list[Index]:
        """The indexes of the shop's database, by name."""
        ...

    async def create_index(self, index: Index) -> None:
        """Make an index; one of that name that is there already stays."""
        ...

    async def drop_index(self, name: str) -> None:
        """Remove an index; one that is not there is no error."""
        ...

    async def drop_column(self, new: NewColumn) -> None:
        """Take a migration back, however far it came; a column that is not there is no error."""
        ...


class System(Steerable, Protocol):
    """A running system as changes see it."""

    async def columns(self, table: str) -> list[str]:
        """The columns of a table of the shop's database, in their order; empty when there is no such table."""
        ...

    async def migrate(self, new: NewColumn) -> None:
        """Add a column and fill it, as told."""
        ...

    async def traffic(self) -> dict[str, Any]:
        """The background traffic as it is: users, pace_s, mix."""
        ...

    async def set_traffic(self, traffic: dict[str, Any]) -> None:
        """Change the background traffic: users, pace_s, mix."""
        ...
