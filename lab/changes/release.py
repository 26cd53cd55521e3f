"""A new release of a service: a version with the settings and feature flags it brings."""

from typing import Any

from pydantic import Field

from lab.changes import Change, FeedEntry, changes
from lab.core.system import System


@changes.register("release")
class Release(Change):
    """Deploy a version of a service together with its settings; it shows in the change feed."""

    service: str
    version: str
    settings: dict[str, Any] = Field(default_factory=dict)
    notes: str = Field(description="The release note the change feed shows")

    async def remember(self, system: System) -> dict[str, Any]:
        """The version and the settings that run now."""
        current = await system.settings(self.service)
        return {
            "version": await system.version(self.service),
            "settings": {name: current[name] for name in self.settings if name in current},
        }

    async def apply(self, system: System, token: Any) -> None:
        """Deploy."""
        await system.patch(self.service, self.settings, self.version)

    async def revert(self, system: System, token: dict[str, Any]) -> None:
        """Roll back to the remembered version and settings."""
        await system.patch(self.service, token["settings"], token["version"])

    def feed(self) -> FeedEntry:
        """A deploy is always known."""
        return FeedEntry(self.service, self.notes, self.version)

    def services(self) -> list[str]:
        """The one service."""
        return [self.service]
