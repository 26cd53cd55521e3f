"""The System protocol: what a change may do to a running system, on every runtime."""

from typing import Any, Protocol


class System(Protocol):
    """A running system as changes see it. Every method raises LabError when the system does not answer."""

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

    async def traffic(self) -> dict[str, Any]:
        """The background traffic as it is: users, pace_s, mix."""
        ...

    async def set_traffic(self, traffic: dict[str, Any]) -> None:
        """Change the background traffic: users, pace_s, mix."""
        ...
