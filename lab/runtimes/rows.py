"""What a database answers, whichever it is."""

from dataclasses import dataclass
from typing import Any

TIME_LIMIT_S = 3.0
ROW_LIMIT = 500


@dataclass(frozen=True, slots=True)
class Rows:
    """The answer of a query; `truncated` when there were more than ROW_LIMIT rows."""

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
