"""Read-only SQL on the shop's SQLite database: one statement, limited in time and rows, unable to write anywhere."""

import re
import sqlite3
import time
from pathlib import Path
from typing import Any

from lab.core.errors import Conflict, EnvironmentLacks, LabError, UsageError
from lab.runtimes.rows import TIME_LIMIT_S, Rows, Table, Taken, statement_of, writable

VALUE_LIMIT = 200_000
COLUMN_LIMIT = 200
_ALLOWED = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
_BINDINGS = re.compile(r"number of bindings.*statement uses (\d+)")
_IN_THE_WAY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_PROTOCOL}
"""Others held their locks too long: a moment of the database, not a fault of the query (sqlite.org/rescode.html)."""
_HARMLESS_PRAGMAS = {"table_info", "index_list", "index_info", "table_list", "foreign_key_list"}


def _authorize(action: int, first: str | None, _second: str | None, _db: str | None, _trigger: str | None) -> int:
    if action in _ALLOWED or (action == sqlite3.SQLITE_PRAGMA and first in _HARMLESS_PRAGMAS):
        return sqlite3.SQLITE_OK
    return sqlite3.SQLITE_DENY


def run(database: Path, query: str, *, explain: bool = False) -> Rows:
    """Run one SELECT (or harmless PRAGMA); UsageError when it is not one, takes too long or is wrong.

    With `explain` a statement as telemetry shows it, `?` for each value, is planned and not run. Conflict when the
    database twice had no turn for it.
    """
    statement = statement_of(query)
    try:
        return _run(database, statement, explain=explain)
    except Conflict:
        return _run(database, statement, explain=explain)


def _run(database: Path, statement: str, *, explain: bool) -> Rows:
    try:
        connection = sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True, timeout=1.0)
    except sqlite3.Error as error:
        raise EnvironmentLacks(f"The database cannot be opened: {error}.", "Is the lab running? lab status") from None
    try:
        connection.execute("PRAGMA query_only = ON")
        connection.set_authorizer(_authorize)
        # one value could else take a gigabyte, and longer to make than any time limit notices
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, VALUE_LIMIT)
        connection.setlimit(sqlite3.SQLITE_LIMIT_COLUMN, COLUMN_LIMIT)
        deadline = time.monotonic() + TIME_LIMIT_S
        connection.set_progress_handler(lambda: int(time.monotonic() > deadline), 10_000)
        started = time.perf_counter()
        plan = None
        if explain:
            plan, general = _plan(connection, statement)
            if general:
                return Rows([], [], False, (time.perf_counter() - started) * 1000, plan)
        cursor = connection.execute(statement)
        taken = Taken()
        for row in cursor:
            if not taken.add(list(map(_plain, row))):
                break
        elapsed_ms = (time.perf_counter() - started) * 1000
        columns = [column[0] for column in cursor.description or ()]
        return Rows(columns, taken.rows, taken.truncated, elapsed_ms, plan)
    except sqlite3.Error as error:
        raise _explained(error) from None
    finally:
        connection.close()


def _plan(connection: sqlite3.Connection, statement: str) -> tuple[list[str], bool]:
    """The plan's steps, and whether the statement has `?` where values would be."""
    values: tuple[None, ...] = ()
    while True:
        try:
            found = connection.execute(f"EXPLAIN QUERY PLAN {statement}", values)
            return [str(row[-1]) for row in found], bool(values)
        except sqlite3.ProgrammingError as error:
            wanted = _BINDINGS.search(str(error))
            if wanted is None or values:
                raise
            values = (None,) * int(wanted[1])


def tables(database: Path) -> list[Table]:
    """Every table but the migrations' own, by name."""
    found = run(
        database,
        "SELECT name FROM sqlite_schema WHERE type = 'table' "
        "AND name NOT LIKE 'sqlite_%' AND name != 'alembic_version' ORDER BY name",
    )
    # not pragma_table_info(…) in the query: the database sees a write in the making of that virtual table
    return [
        Table(name, [(row[1], row[2]) for row in run(database, f"PRAGMA table_info({name})").rows])
        for (name,) in found.rows
    ]


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return writable(value)
    return value.hex() if isinstance(value, bytes) else value


def _explained(error: sqlite3.Error) -> LabError:
    text = str(error)
    if getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF in _IN_THE_WAY:
        return Conflict("The database was too busy to answer.", "Ask it again in a moment.")
    if "interrupted" in text:
        return UsageError(
            f"The query took longer than {TIME_LIMIT_S:.0f} seconds and was stopped.",
            "Add a LIMIT, or filter on an indexed column.",
        )
    if "not authorized" in text or "prohibited" in text or "readonly" in text:
        return UsageError("Only reading is allowed here.", "Write a SELECT; fixes go through: `lab fix`")
    if "too big" in text:
        return UsageError(
            f"A value of the answer is longer than {VALUE_LIMIT:,} characters.", "Ask for less, with substr(…)."
        )
    if "one statement" in text:
        return UsageError("Only one statement at a time.", "Remove everything after the first semicolon.")
    return UsageError(f"The database refused the query: {text}.", "See tables and columns: `lab sql --tables`")
