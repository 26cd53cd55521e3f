"""Migrations of the shop's SQLite database, carried out while the shop works with it, or on a copy."""
# ruff: noqa: S608 - names are checked where a scenario is read, values are quoted

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lab.core.errors import EnvironmentLacks, LabError
from lab.core.migration import Migrated, NewColumn

BUSY_S = 20.0
"""So long each transaction waits for the shop's own writes."""
_TIDY_EVERY = 20
_LOOKS = 20_000
"""After so many steps of the database's machine it is asked whether to go on."""


def migrate(database: Path, new: NewColumn, stop: threading.Event) -> Migrated:
    """Carry it out. LabError when the database refuses, or `stop` was set meanwhile."""
    work = _Work(stop)
    began = time.perf_counter()
    with _open(database, stop) as connection:
        with work.transaction(connection):
            _add(connection, new)
            if new.old_rows == "at_once":
                work.rows = connection.execute(f"UPDATE {new.table} SET {new.column} = {new.expression()}").rowcount
        _tidy(connection)
        if new.old_rows == "batches":
            _fill(connection, new, work)
    return Migrated(work.rows, work.transactions, time.perf_counter() - began, work.longest_s)


def drop_column(database: Path, new: NewColumn) -> None:
    """Take it back, however far it came; writers wait meanwhile. What is not there is no error."""
    with _open(database, threading.Event()) as connection:
        if new.column not in _columns(connection, new.table):
            return
        with _Work(threading.Event()).transaction(connection):
            for name in new.triggers:
                connection.execute(f"DROP TRIGGER IF EXISTS {name}")
            connection.execute(f"ALTER TABLE {new.table} DROP COLUMN {new.column}")
        _tidy(connection)


def copy(database: Path, target: Path) -> None:
    """A copy of the database as it is now, consistent though the shop goes on; an older copy is replaced."""
    target.unlink(missing_ok=True)
    for rest in ("-wal", "-shm"):
        target.with_name(target.name + rest).unlink(missing_ok=True)
    with _open(database, threading.Event()) as source:
        try:
            other = sqlite3.connect(target)
            try:
                other.execute("PRAGMA synchronous=OFF")
                source.backup(other)
                other.execute("PRAGMA journal_mode=WAL")  # as the shop's: what is measured on it is to be the same
            finally:
                other.close()
        except sqlite3.Error as error:
            target.unlink(missing_ok=True)
            raise EnvironmentLacks(
                f"The database could not be copied: {error}.", "Free some disk space: `lab doctor`"
            ) from None


class _Work:
    """Counts and times transactions; between two of them it can be stopped."""

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop
        self.rows = 0
        self.transactions = 0
        self.longest_s = 0.0

    @contextmanager
    def transaction(self, connection: sqlite3.Connection) -> Iterator[None]:
        """All or nothing; timed from when the lock is had to when it is given back."""
        if self._stop.is_set():
            raise _stopped()
        connection.execute("BEGIN IMMEDIATE")
        locked = time.perf_counter()
        try:
            yield
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        self.transactions += 1
        self.longest_s = max(self.longest_s, time.perf_counter() - locked)


def _add(connection: sqlite3.Connection, new: NewColumn) -> None:
    """The column, empty, and what keeps new and changed rows in step."""
    fresh, changed = new.triggers
    put = f"UPDATE {new.table} SET {new.column} = {new.expression('NEW.')} WHERE rowid = NEW.rowid"
    if new.column not in _columns(connection, new.table):
        connection.execute(f"ALTER TABLE {new.table} ADD COLUMN {new.column} TEXT")
    connection.execute(f"CREATE TRIGGER IF NOT EXISTS {fresh} AFTER INSERT ON {new.table} BEGIN {put}; END")
    connection.execute(
        f"CREATE TRIGGER IF NOT EXISTS {changed} AFTER UPDATE OF {new.source} ON {new.table} BEGIN {put}; END"
    )


def _fill(connection: sqlite3.Connection, new: NewColumn, work: _Work) -> None:
    """Old rows in the order of their numbers, so that none is read twice."""
    last = connection.execute(f"SELECT max(rowid) FROM {new.table}").fetchone()[0] or 0
    for start in range(0, last, new.batch):
        with work.transaction(connection):
            work.rows += connection.execute(
                f"UPDATE {new.table} SET {new.column} = {new.expression()} WHERE rowid > ? AND rowid <= ?",
                (start, min(start + new.batch, last)),
            ).rowcount
        if work.transactions % _TIDY_EVERY == 0:
            _tidy(connection)
        time.sleep(new.pause_s)
    _tidy(connection)


def _tidy(connection: sqlite3.Connection) -> None:
    """Bring what was written from the log of writes into the file; nobody has to wait for that."""
    connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()


def _columns(connection: sqlite3.Connection, table: str) -> set[str]:
    return {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}


def _stopped() -> LabError:
    return LabError("The migration was stopped before its end.", "Take it back: `lab fix --undo`")


@contextmanager
def _open(database: Path, stop: threading.Event) -> Iterator[sqlite3.Connection]:
    try:
        connection = sqlite3.connect(
            f"{database.absolute().as_uri()}?mode=rw", uri=True, timeout=BUSY_S, isolation_level=None
        )
        connection.execute("PRAGMA synchronous=OFF")  # as the shop's own
        connection.execute("PRAGMA wal_autocheckpoint=0")  # it would be done in COMMIT, and taken for a part of it
        connection.set_progress_handler(stop.is_set, _LOOKS)
    except sqlite3.Error as error:
        raise EnvironmentLacks(f"The database cannot be opened: {error}.", "Is the lab running? lab status") from None
    try:
        yield connection
    except sqlite3.Error as error:
        if stop.is_set():
            raise _stopped() from None
        said = " ".join(str(error).split()).rstrip(".")
        raise LabError(
            f"The shop's database refused the migration: {said}.", "See tables and columns: `lab sql --tables`"
        ) from None
    finally:
        connection.close()
