"""A service's settings, changed while it runs."""

from typing import Any

from pydantic import Field, model_validator

from lab.changes import Change, FeedEntry, changes
from lab.core.system import System


@changes.register("setting")
class Setting(Change):
    """Set one setting (`name`, `value`) or several at once (`values`) of a service."""

    service: str
    name: str | None = None
    value: Any = None
    values: dict[str, Any] = Field(default_factory=dict)
    feed_says: str | None = Field(default=None, description="Text for the change feed; without it nobody is told")

    @model_validator(mode="after")
    def _one_form(self) -> "Setting":
        if (self.name is None) == (not self.values):
            raise ValueError("give either `name` and `value`, or `values`")
        return self

    @property
    def wanted(self) -> dict[str, Any]:
        """Setting name → new value."""
        return self.values or {str(self.name): self.value}

    async def remember(self, system: System) -> dict[str, Any]:
        """The present values of the settings it will change."""
        current = await system.settings(self.service)
        return {name: current[name] for name in self.wanted if name in current}

    async def apply(self, system: System, token: Any) -> None:
        """Patch the service, all settings or none."""
        await system.patch(self.service, self.wanted)

    async def revert(self, system: System, token: dict[str, Any]) -> None:
        """Put the remembered values back."""
        await system.patch(self.service, token)

    def feed(self) -> FeedEntry | None:
        """Configuration changes are in the feed only if the scenario says so."""
        return FeedEntry(self.service, self.feed_says) if self.feed_says else None

    def services(self) -> list[str]:
        """The one service."""
        return [self.service]
