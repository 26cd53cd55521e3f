"""A service that ends at once, as if killed for using too much memory."""

from typing import Any

from pydantic import Field

from lab.changes import Change, changes
from lab.core.system import System


@changes.register("crash")
class Crash(Change):
    """Kill a service's process. What watches over it starts it again, unless `stay_down`."""

    service: str
    stay_down: bool = Field(default=False, description="Do not start it again until this change is taken back")

    async def remember(self, system: System) -> None:
        """Nothing; a killed process has no state to come back to."""

    async def apply(self, system: System, token: Any) -> None:
        """Kill it."""
        await system.kill(self.service, stay_down=self.stay_down)

    async def revert(self, system: System, token: Any) -> None:
        """Have it running again."""
        await system.bring_back(self.service)

    def services(self) -> list[str]:
        """The one service."""
        return [self.service]
