"""What a database answers, whichever it is."""

import math
from dataclasses import dataclass, field
from typing import Any

from lab.core.errors import UsageError

TIME_LIMIT_S = 3.0
ROW_LIMIT = 500
TEXT_LIMIT = 1_000_000
"""Characters in all rows together, after which no further row is taken."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The answer of a query; `truncated` when there was more than ROW_LIMIT and TEXT_LIMIT allow."""

    columns: list[str]
    rows: list[list[Any]]
    truncated: bool
    elapsed_ms: float
    plan: list[str] | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A table and its columns: name and type, in their order."""

    name: str
    columns: list[tuple[str, str]]


@dataclass(slots=True)
class Taken:
    """Rows as they come, until there are enough."""

    rows: list[list[Any]] = field(default_factory=list)
    truncated: bool = False
    _text: int = 0

    def add(self, row: list[Any]) -> bool:
        """Take one more; False when there was no room for it."""
        if len(self.rows) == ROW_LIMIT or self._text > TEXT_LIMIT:
            self.truncated = True
            return False
        self._text += sum(len(value) for value in row if isinstance(value, str))
        self.rows.append(row)
        return True


def statement_of(query: str) -> str:
    """The one statement of a query, as it will be sent; UsageError when there is none, or it is no text."""
    statement = query.strip().rstrip(";").strip()
    if not statement:
        raise UsageError("There is no query.", "Write one, for example: `lab sql 'SELECT count(*) FROM orders'`")
    try:
        statement.encode()
    except UnicodeEncodeError as error:
        raise UsageError(
            f"Character {error.start + 1} of the query is half a character.", "Type that place again."
        ) from None
    return statement


def writable(number: float) -> float | str:
    """The number, or its name when JSON has no way to write it: inf, -inf, nan."""
    return number if math.isfinite(number) else str(number)
