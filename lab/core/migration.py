"""A migration as structured data: a new column, derived from an old one; never SQL of somebody else."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

NAME = r"^[a-z][a-z0-9_]*$"
"""What a table or a column may be called."""
OldRows = Literal["at_once", "batches", "untouched"]


@dataclass(frozen=True, slots=True)
class NewColumn:
    """The column `column` of `table`: what `values` says for the value of `source`, else `otherwise`.

    Rows that come or change later are kept in step by the database itself. `old_rows` says how those that are there
    get theirs: all in one transaction together with the column, `batch` rows a transaction with a pause, or not at all.
    """

    table: str
    column: str
    source: str
    values: Mapping[str, str]
    otherwise: str | None = None
    old_rows: OldRows = "at_once"
    batch: int = 5_000
    pause_s: float = 0.02

    def expression(self, row: str = "") -> str:
        """The new column's value as SQL, of the columns of `row` (`NEW.` in a trigger)."""
        cases = " ".join(f"WHEN {quoted(old)} THEN {quoted(new)}" for old, new in self.values.items())
        otherwise = "NULL" if self.otherwise is None else quoted(self.otherwise)
        return f"CASE {row}{self.source} {cases} ELSE {otherwise} END"

    @property
    def triggers(self) -> tuple[str, str]:
        """Names of what keeps new rows and changed rows in step."""
        return f"{self.table}_{self.column}_new", f"{self.table}_{self.column}_changed"


@dataclass(frozen=True, slots=True)
class Migrated:
    """What a migration did: rows written, in how many transactions, how long it took.

    `blocked_s` is the longest time that one transaction kept every other writer waiting.
    """

    rows: int
    transactions: int
    took_s: float
    blocked_s: float


def quoted(text: str) -> str:
    """A text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"
