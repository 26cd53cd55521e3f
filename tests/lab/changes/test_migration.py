"""A migration on a real SQLite file: what it writes, whom it keeps waiting, and that nothing of it stays."""

import sqlite3
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from fakes import FakeSystem
from pydantic import ValidationError

from lab.changes import changes
from lab.core.errors import LabError
from lab.core.migration import Migrated, NewColumn, OldRows
from lab.runtimes import sqlite_migrations

ROWS = 4_000
STATUSES = ("paid", "paid", "refunded", "can'celled")
NEW = NewColumn("orders", "state", "status", {"paid": "settled", "can'celled": "closed"}, "open")
WRITTEN = {"table": "orders", "column": "state", "source": "status", "values": {"settled": ["paid"]}}


def connected(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, timeout=0)
    connection.execute("PRAGMA journal_mode=WAL")
    return connection


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "shop.db"
    connection = connected(path)
    connection.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, status TEXT NOT NULL)")
    connection.execute("BEGIN")
    connection.executemany("INSERT INTO orders (status) VALUES (?)", [(STATUSES[n % 4],) for n in range(ROWS)])
    connection.execute("COMMIT")
    connection.close()
    return path


def asked(path: Path, sql: str) -> list[tuple[object, ...]]:
    connection = connected(path)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def migrate(path: Path, new: NewColumn, stop: threading.Event | None = None) -> Migrated:
    return sqlite_migrations.migrate(path, new, stop or threading.Event())


BY_BOTH = "SELECT status, state, count(*) FROM orders GROUP BY 1, 2 ORDER BY 1"
FILLED = [("can'celled", "closed", 1000), ("paid", "settled", 2000), ("refunded", "open", 1000)]


@pytest.mark.parametrize("old_rows", ["at_once", "batches"])
def test_each_old_row_gets_what_the_list_says_for_it_and_the_rest_gets_the_default(
    database: Path, old_rows: OldRows
) -> None:
    done = migrate(database, replace(NEW, old_rows=old_rows, batch=300, pause_s=0))
    assert asked(database, BY_BOTH) == FILLED
    assert done.rows == ROWS
    assert done.transactions == (1 if old_rows == "at_once" else 1 + 14)
    assert 0 < done.blocked_s <= done.took_s


def test_without_a_default_a_row_that_nobody_named_stays_empty(database: Path) -> None:
    migrate(database, replace(NEW, otherwise=None))
    assert asked(database, "SELECT DISTINCT status FROM orders WHERE state IS NULL") == [("refunded",)]


def test_untouched_old_rows_stay_empty_while_new_and_changed_ones_are_kept_in_step(database: Path) -> None:
    migrate(database, replace(NEW, old_rows="untouched"))
    assert asked(database, "SELECT count(*) FROM orders WHERE state IS NOT NULL") == [(0,)]
    asked(database, "INSERT INTO orders (status) VALUES ('refunded')")
    asked(database, "UPDATE orders SET status = 'paid' WHERE id = 3")
    found = asked(database, "SELECT id, state FROM orders WHERE state IS NOT NULL ORDER BY id")
    assert found == [(3, "settled"), (ROWS + 1, "open")]


@pytest.mark.parametrize("old_rows", ["at_once", "batches", "untouched"])
def test_taking_it_back_leaves_tables_and_rows_as_they_were(database: Path, old_rows: OldRows) -> None:
    before = asked(database, "SELECT type, name, sql FROM sqlite_schema"), asked(database, "SELECT * FROM orders")
    new = replace(NEW, old_rows=old_rows)
    migrate(database, new)
    for _twice in range(2):
        sqlite_migrations.drop_column(database, new)
    assert (asked(database, "SELECT type, name, sql FROM sqlite_schema"), asked(database, "SELECT * FROM orders")) == (
        before
    )


def test_one_that_was_stopped_halfway_can_be_taken_back_too(database: Path) -> None:
    stop = threading.Event()
    before = asked(database, "SELECT * FROM orders")
    slow = replace(NEW, old_rows="batches", batch=100, pause_s=0.02)

    def stopped() -> None:
        with pytest.raises(LabError, match="stopped before its end"):
            migrate(database, slow, stop)

    working = threading.Thread(target=stopped)
    working.start()
    wait_until(lambda: "state" in columns(database))
    stop.set()
    working.join()
    sqlite_migrations.drop_column(database, slow)
    assert asked(database, "SELECT * FROM orders") == before


def test_others_can_write_between_two_batches_and_not_while_one_transaction_writes_all(database: Path) -> None:
    """A writer that waits for nobody: it gets in, or it is refused at once."""
    batches = replace(NEW, old_rows="batches", batch=100, pause_s=0.02)
    working = threading.Thread(target=migrate, args=(database, batches))
    working.start()
    wait_until(lambda: "state" in columns(database))
    written = 0
    while working.is_alive():
        written += wrote(database)
    working.join()
    assert written > 1
    sqlite_migrations.drop_column(database, NEW)
    connection = connected(database)
    connection.execute("BEGIN IMMEDIATE")  # as the one transaction of `at_once` does
    assert not wrote(database)
    connection.close()


def test_a_copy_is_migrated_and_the_database_is_not(database: Path, tmp_path: Path) -> None:
    target = tmp_path / "copy.db"
    for _again in range(2):  # the second replaces the first, which was migrated
        sqlite_migrations.copy(database, target)
        assert columns(target) == ["id", "status"]
        migrate(target, NEW)
    assert asked(target, BY_BOTH) == FILLED
    assert columns(database) == ["id", "status"]


def test_what_the_database_refuses_is_said_in_a_sentence(database: Path) -> None:
    with pytest.raises(LabError, match=r"refused the migration: no such table: ordrs\."):
        migrate(database, replace(NEW, table="ordrs"))


@pytest.mark.parametrize(
    ("written", "says"),
    [
        (WRITTEN | {"source": "stat"}, "The shop.s database has no column stat in orders"),
        (WRITTEN | {"table": "ordrs"}, "has no table ordrs"),
        (WRITTEN | {"column": "coupon_code"}, "has a column coupon_code already"),
    ],
)
async def test_what_cannot_be_migrated_is_refused_before_anything_is_touched(
    written: dict[str, object], says: str
) -> None:
    system = FakeSystem()
    with pytest.raises(LabError, match=says):
        await changes.read({"migration": written}).remember(system)
    assert system.done == []


@pytest.mark.parametrize(
    ("written", "says"),
    [
        (WRITTEN | {"column": "status"}, "the same name"),
        (WRITTEN | {"values": {"settled": ["paid"], "closed": ["paid"]}}, "stands there twice"),
        (WRITTEN | {"table": "orders; DROP TABLE orders"}, "pattern"),
        (WRITTEN | {"old_rows": "some"}, "at_once"),
    ],
)
def test_a_migration_that_makes_no_sense_is_refused_when_it_is_read(written: dict[str, object], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        changes.read({"migration": written})


def columns(path: Path) -> list[str]:
    return [str(row[1]) for row in asked(path, "PRAGMA table_info(orders)")]


def wrote(path: Path) -> bool:
    """Whether somebody else could write just now."""
    try:
        asked(path, "INSERT INTO orders (status) VALUES ('paid')")
    except sqlite3.OperationalError:
        return False
    return True


def wait_until(holds: Callable[[], bool]) -> None:
    while not holds():
        pass
