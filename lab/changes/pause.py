"""A service that hangs: it keeps its connections and answers nothing."""

from typing import Any

from lab.changes import Change, changes
from lab.core.system import System


@changes.register("pause")
class Pause(Change):
    """Freeze a service's process; callers wait, because their connection stays open."""

    service: str

    async def remember(self, system: System) -> None:
        """Nothing; it goes on where it stood."""

    async def apply(self, system: System, token: Any) -> None:
        """Stop it."""
        await system.pause(self.service)

    async def revert(self, system: System, token: Any) -> None:
        """Let it go on."""
        await system.resume(self.service)

    def services(self) -> list[str]:
        """The one service."""
        return [self.service]
