"""An index of the shop's database: made, or removed."""

from dataclasses import asdict
from typing import Any

from pydantic import Field

from lab.changes import Change, FeedEntry, changes
from lab.core.errors import LabError
from lab.core.system import Index, System


@changes.register("index")
class TableIndex(Change):
    """Make an index on columns of a table, or with `drop` remove the one there is; writers may wait meanwhile."""

    table: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    columns: tuple[str, ...] = Field(min_length=1, description="In this order: it serves searches by the first ones")
    drop: bool = Field(default=False, description="Remove the index on exactly these columns")
    feed_says: str | None = Field(default=None, description="Text for the change feed; without it nobody is told")

    async def remember(self, system: System) -> dict[str, Any] | None:
        """The index it is about; None when it is made and was there already. LabError when there is none to drop."""
        alike = [one for one in await system.indexes() if (one.table, one.columns) == (self.table, self.columns)]
        if self.drop:
            if not alike:
                raise LabError(
                    f"There is no index on {self.table} ({', '.join(self.columns)}) to remove.",
                    "Name the columns of one that is there, in its order.",
                )
            return asdict(alike[0])
        return None if alike else asdict(Index(f"ix_{self.table}_{'_'.join(self.columns)}", self.table, self.columns))

    async def apply(self, system: System, token: dict[str, Any] | None) -> None:
        """Make or remove it."""
        if token is not None:
            await self._have(system, token, there=not self.drop)

    async def revert(self, system: System, token: dict[str, Any] | None) -> None:
        """The opposite."""
        if token is not None:
            await self._have(system, token, there=self.drop)

    def feed(self) -> FeedEntry | None:
        """In the feed only if the scenario says so."""
        return FeedEntry("database", self.feed_says) if self.feed_says else None

    async def _have(self, system: System, token: dict[str, Any], *, there: bool) -> None:
        if there:
            await system.create_index(Index(token["name"], token["table"], tuple(token["columns"])))
        else:
            await system.drop_index(token["name"])
