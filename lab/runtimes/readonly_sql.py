"""Read-only SQL on the shop's SQLite database: one statement, limited in time and rows, unable to write anywhere."""

import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.core.errors import EnvironmentLacks, UsageError

TIME_LIMIT_S = 3.0
ROW_LIMIT = 500
_ALLOWED = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
_HARMLESS_PRAGMAS = {"table_info", "index_list", "index_info", "table_list", "foreign_key_list"}


@dataclass(frozen=True, slots=True)
class Rows:
    """The answer of a query; `truncated` when there were more than ROW_LIMIT rows."""

    columns: list[str]
    rows: list[list[Any]]
    truncated: bool
    elapsed_ms: float
    plan: list[str] | None = None


def _authorize(action: int, first: str | None, _second: str | None, _db: str | None, _trigger: str | None) -> int:
    if action in _ALLOWED or (action == sqlite3.SQLITE_PRAGMA and first in _HARMLESS_PRAGMAS):
        return sqlite3.SQLITE_OK
    return sqlite3.SQLITE_DENY


def run(database: Path, query: str, *, explain: bool = False) -> Rows:
    """Run one SELECT (or harmless PRAGMA); UsageError when it is not one, takes too long or is wrong."""
    statement = query.strip().rstrip(";").strip()
    if not statement:
        raise UsageError("There is no query.", "Write one, for example: `lab sql 'SELECT count(*) FROM orders'`")
    try:
        connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=1.0)
    except sqlite3.Error as error:
        raise EnvironmentLacks(f"The database cannot be opened: {error}.", "Is the lab running? lab status") from None
    try:
        connection.execute("PRAGMA query_only = ON")
        connection.set_authorizer(_authorize)
        deadline = time.monotonic() + TIME_LIMIT_S
        connection.set_progress_handler(lambda: int(time.monotonic() > deadline), 10_000)
        started = time.perf_counter()
        plan = None
        if explain:
            plan = [str(row[-1]) for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}")]
        cursor = connection.execute(statement)
        rows = cursor.fetchmany(ROW_LIMIT + 1)
        elapsed_ms = (time.perf_counter() - started) * 1000
        columns = [column[0] for column in cursor.description or ()]
        return Rows(
            columns,
            [list(map(_plain, row)) for row in rows[:ROW_LIMIT]],
            len(rows) > ROW_LIMIT,
            elapsed_ms,
            plan,
        )
    except sqlite3.Error as error:
        raise _explained(error) from None
    finally:
        connection.close()


def _plain(value: Any) -> Any:
    return value.hex() if isinstance(value, bytes) else value


def _explained(error: sqlite3.Error) -> UsageError:
    text = str(error)
    if "interrupted" in text:
        return UsageError(
            f"The query took longer than {TIME_LIMIT_S:.0f} seconds and was stopped.",
            "Add a LIMIT, or filter on an indexed column.",
        )
    if "not authorized" in text or "prohibited" in text or "readonly" in text:
        return UsageError("Only reading is allowed here.", "Write a SELECT; fixes go through: `lab fix`")
    if "one statement" in text:
        return UsageError("Only one statement at a time.", "Remove everything after the first semicolon.")
    return UsageError(f"The database refused the query: {text}.", "See tables and columns: `lab sql --tables`")
