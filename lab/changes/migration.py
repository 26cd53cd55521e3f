"""A migration of the shop's database: a new column beside an old one, and how the rows that are there get theirs."""

from typing import Any

from pydantic import Field, PositiveInt, model_validator

from lab.changes import Change, FeedEntry, changes
from lab.core.errors import LabError
from lab.core.migration import NAME, NewColumn, OldRows
from lab.core.system import System
from lab.core.units import Seconds


@changes.register("migration")
class Migration(Change):
    """Add the column `column` to `table`, with a value for each value that the column `source` has.

    Rows that are written later are kept in step by the database. Taking it back removes the column.
    """

    table: str = Field(pattern=NAME)
    column: str = Field(pattern=NAME, description="The new one")
    source: str = Field(pattern=NAME, description="The column that it is derived from")
    values: dict[str, list[str]] = Field(
        min_length=1, description="Value of the new column → the values of `source` that get it"
    )
    otherwise: str | None = Field(default=None, description="What all other rows get; without it nothing (NULL)")
    old_rows: OldRows = Field(
        default="at_once",
        description="How rows that are there already get theirs: `at_once` in one transaction, for which everybody "
        "else who writes waits; `batches`, a short transaction each; or they stay `untouched`",
    )
    batch: PositiveInt = Field(default=5_000, description="Rows in a batch")
    pause: Seconds = Field(default=0.02, description="Pause after each batch, in which others write")
    feed_says: str | None = Field(default=None, description="Text for the change feed; without it nobody is told")

    @model_validator(mode="after")
    def _two_columns(self) -> "Migration":
        if self.column == self.source:
            raise ValueError("the new column and the one it is derived from have the same name")
        named = [old for each in self.values.values() for old in each]
        if twice := sorted({old for old in named if named.count(old) > 1}):
            raise ValueError(f"{twice[0]!r} stands there twice: one value of `{self.source}` gets one new value")
        return self

    @property
    def wanted(self) -> NewColumn:
        """The same, for whoever carries it out."""
        values = {old: new for new, each in self.values.items() for old in each}
        return NewColumn(
            self.table, self.column, self.source, values, self.otherwise, self.old_rows, self.batch, self.pause
        )

    async def remember(self, system: System) -> None:
        """Nothing but that the column is new; LabError when it is there already, or something it needs is not."""
        known = await system.columns(self.table)
        if self.source not in known:
            missing = f"column {self.source} in {self.table}" if known else f"table {self.table}"
            raise LabError(f"The shop's database has no {missing}.", "See tables and columns: `lab sql --tables`")
        if self.column in known:
            raise LabError(
                f"{self.table} has a column {self.column} already.", "Take the migration back first: `lab fix --undo`"
            )

    async def apply(self, system: System, token: Any) -> None:
        """Carry it out; LabError when the database refuses, and what was done so far stays to be taken back."""
        await system.migrate(self.wanted)

    async def revert(self, system: System, token: Any) -> None:
        """Remove the column and what keeps it in step."""
        await system.drop_column(self.wanted)

    def feed(self) -> FeedEntry | None:
        """In the feed only if the scenario says so."""
        return FeedEntry("database", self.feed_says) if self.feed_says else None
