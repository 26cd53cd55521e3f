"""Indexes of the shop's SQLite database: found, made and removed while the shop works with it."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lab.core.errors import EnvironmentLacks, LabError
from lab.core.system import Index

BUSY_S = 10.0
"""So long a change waits for the shop's own writes."""
_PLAIN = "SELECT name, tbl_name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL ORDER BY name"


def found(database: Path) -> list[Index]:
    """The indexes that somebody made, by name; not those of keys and unique columns, nor those of expressions."""
    with _open(database) as connection:
        plain: list[Index] = []
        for name, table in connection.execute(_PLAIN).fetchall():
            columns = tuple(row[2] for row in connection.execute(f"PRAGMA index_info({_quoted(name)})"))
            unique = {row[1]: row[2] for row in connection.execute(f"PRAGMA index_list({_quoted(table)})")}[name]
            if not unique and None not in columns:
                plain.append(Index(name, table, columns))
        return plain


def create(database: Path, index: Index) -> None:
    """Make it, unless there is one of that name. LabError when its table or a column does not exist."""
    columns = ", ".join(map(_quoted, index.columns))
    with _open(database) as connection:
        known = {row[1] for row in connection.execute(f"PRAGMA table_info({_quoted(index.table)})")}
        for column in index.columns:  # SQLite takes a quoted name that is none for a text
            if column not in known:
                raise refused(f"{index.table} has no column {column}")
        connection.execute(
            f"CREATE INDEX IF NOT EXISTS {_quoted(index.name)} ON {_quoted(index.table)} ({columns})",
        )


def drop(database: Path, name: str) -> None:
    """Remove it, if it is there."""
    with _open(database) as connection:
        connection.execute(f"DROP INDEX IF EXISTS {_quoted(name)}")


def refused(why: object) -> LabError:
    """The database did not do it."""
    said = " ".join(str(why).split()).rstrip(".")
    return LabError(f"The shop's database refused the index: {said}.", "See tables and columns: `lab sql --tables`")


@contextmanager
def _open(database: Path) -> Iterator[sqlite3.Connection]:
    try:
        connection = sqlite3.connect(
            f"{database.absolute().as_uri()}?mode=rw", uri=True, timeout=BUSY_S, isolation_level=None
        )
        connection.execute("PRAGMA synchronous=OFF")  # as the shop's own
    except sqlite3.Error as error:
        raise EnvironmentLacks(f"The database cannot be opened: {error}.", "Is the lab running? lab status") from None
    try:
        yield connection
    except sqlite3.Error as error:
        raise refused(error) from None
    finally:
        connection.close()


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
