"""Changes: everything that alters a running system and can be taken back. Faults and mitigations are both changes.

One file per kind. A kind has parameters (its fields), `remember` (what must be known to take it back, read *before*
anything is touched, so that it can be written to the journal first), `apply` and `revert`.
"""

from dataclasses import dataclass
from typing import Any

from pydantic import Field

from lab.core.registry import Kind, Registry
from lab.core.system import System
from lab.core.units import Seconds


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """What the company's own change feed says about a change."""

    service: str
    what: str
    version: str | None = None


class Change(Kind):
    """Base of every kind of change."""

    at: Seconds = Field(default=0.0, description="When to apply it, counted from the start of the faults")
    because: str | None = Field(default=None, description="Why it happens, in the story's words")

    async def remember(self, system: System) -> Any:
        """What `revert` needs, as plain JSON; must not touch anything."""
        raise NotImplementedError

    async def apply(self, system: System, token: Any) -> None:
        """Make the change; `token` is what `remember` returned."""
        raise NotImplementedError

    async def revert(self, system: System, token: Any) -> None:
        """Take it back; `token` is what `remember` returned. Safe to call twice."""
        raise NotImplementedError

    def feed(self) -> FeedEntry | None:
        """The entry in the public change feed; None when the company would not know."""
        return None

    def services(self) -> list[str]:
        """The services it touches, for checks before anything starts."""
        return []


changes: Registry[Change] = Registry("lab.changes", "change")
