"""The learner's SQL can read the shop's database and nothing else."""

import json
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.core.errors import Conflict, EnvironmentLacks, UsageError
from lab.runtimes import readonly_sql
from lab.runtimes.rows import ROW_LIMIT


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return made(tmp_path / "shop.db")


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One database for many questions."""
    return made(tmp_path_factory.mktemp("kept") / "shop.db")


def made(path: Path) -> Path:
    connection = sqlite3.connect(path)
    connection.executescript(
        "CREATE TABLE orders (id INTEGER PRIMARY KEY, email TEXT, total INTEGER);"
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)"
        "INSERT INTO orders SELECT i, 'a' || i, i FROM n;"
    )
    connection.close()
    return path


def test_a_select_gives_columns_and_rows(database: Path) -> None:
    found = readonly_sql.run(database, "SELECT id, total FROM orders WHERE id <= 2 ORDER BY id;")
    assert (found.columns, found.rows, found.truncated) == (["id", "total"], [[1, 1], [2, 2]], False)


def test_more_rows_than_fit_are_cut_and_said_so(database: Path) -> None:
    found = readonly_sql.run(database, "SELECT * FROM orders")
    assert len(found.rows) == ROW_LIMIT
    assert found.truncated


@pytest.mark.parametrize(
    "query",
    [
        "SELECT zeroblob(900000000)",
        "SELECT replace(hex(zeroblob(99999)), '0', 'xxx')",
    ],
)
def test_a_value_that_would_fill_the_memory_is_never_made(database: Path, query: str) -> None:
    with pytest.raises(UsageError, match="longer than 200,000 characters"):
        readonly_sql.run(database, query)


def test_many_long_values_are_cut_by_their_length(database: Path) -> None:
    found = readonly_sql.run(database, "SELECT printf('%.99999c', 'x') FROM orders")
    assert found.truncated
    assert sum(len(row[0]) for row in found.rows) < 2_000_000


def test_numbers_that_json_cannot_write_are_named(database: Path) -> None:
    assert readonly_sql.run(database, "SELECT 9e999, -9e999, 1.5").rows == [["inf", "-inf", 1.5]]


def test_half_a_character_is_told_with_its_place(database: Path) -> None:
    with pytest.raises(UsageError, match="Character 9"):
        readonly_sql.run(database, "SELECT '\ud800'")


_WORDS = [
    "SELECT", "INSERT", "UPDATE", "DELETE", "FROM", "INTO", "orders", "sqlite_schema", "id", "email", "total", "*", "(",
    ")", ",", ";", "'", '"', ".", "=", "1", "-1", "9e999", "x'ff'", "NULL", "WITH", "RECURSIVE", "AS", "UNION ALL",
    "VALUES", "WHERE", "ORDER BY", "LIMIT", "ATTACH", "DETACH", "PRAGMA", "journal_mode", "VACUUM", "REINDEX",
    "CREATE", "TABLE", "TEMP", "VIEW", "TRIGGER", "BEGIN", "COMMIT", "SAVEPOINT", "RETURNING", "writefile",
    "load_extension", "zeroblob", "hex", "group_concat", "randomblob", "/*", "--", "\x00", "?", ":a",
]  # fmt: skip


@given(st.lists(st.sampled_from(_WORDS) | st.text(max_size=3), max_size=12))
@settings(max_examples=300)
def test_whatever_is_asked_is_answered_or_refused_and_nothing_is_written(kept: Path, words: list[str]) -> None:
    before = kept.read_bytes()
    refused = None
    try:
        found = readonly_sql.run(kept, " ".join(words))
        json.dumps(found.rows, allow_nan=False).encode()
    except UsageError as error:
        refused = error
    assert refused is None or (refused.what and refused.hint)
    assert kept.read_bytes() == before


def test_a_plan_shows_the_scan(database: Path) -> None:
    found = readonly_sql.run(database, "SELECT * FROM orders WHERE email = 'a7'", explain=True)
    assert found.plan is not None
    assert "SCAN" in found.plan[0]


def test_a_statement_as_telemetry_shows_it_is_planned_and_not_run(database: Path) -> None:
    found = readonly_sql.run(database, "SELECT * FROM orders WHERE email = ? AND total > ?", explain=True)
    assert found.plan == ["SCAN orders"]
    assert found.rows == []


def test_a_statement_with_values_left_out_cannot_be_run(database: Path) -> None:
    with pytest.raises(UsageError, match="bindings"):
        readonly_sql.run(database, "SELECT * FROM orders WHERE email = ?")


def test_tables_are_told_with_their_columns(database: Path) -> None:
    (orders,) = [table for table in readonly_sql.tables(database) if table.name == "orders"]
    assert ("id", "INTEGER") in orders.columns


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM orders",
        "UPDATE orders SET total = 0",
        "DROP TABLE orders",
        "CREATE TABLE x (a)",
        "ATTACH DATABASE 'other.db' AS other",
        "PRAGMA query_only = OFF",
        "PRAGMA writable_schema = 1",
        "VACUUM INTO 'copy.db'",
        "WITH x AS (SELECT 1) INSERT INTO orders SELECT 9999, 'x', 1 FROM x",
    ],
)
def test_nothing_can_be_written(database: Path, query: str) -> None:
    before = database.read_bytes()
    with pytest.raises(UsageError, match=r"Only reading|refused"):
        readonly_sql.run(database, query)
    assert database.read_bytes() == before
    assert list(database.parent.iterdir()) == [database]


def test_no_file_and_no_extension_can_be_read_through_sql(database: Path) -> None:
    for query in ("SELECT load_extension('x')", "SELECT readfile('/etc/passwd')"):
        with pytest.raises(UsageError):
            readonly_sql.run(database, query)


def test_a_second_statement_is_refused(database: Path) -> None:
    with pytest.raises(UsageError, match="one statement"):
        readonly_sql.run(database, "SELECT 1; DELETE FROM orders")


def test_a_query_that_takes_too_long_is_stopped(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readonly_sql, "TIME_LIMIT_S", 0.2)
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    with pytest.raises(UsageError, match="took longer"):
        readonly_sql.run(database, endless)


def test_a_wrong_column_is_explained_with_a_way_on(database: Path) -> None:
    with pytest.raises(UsageError, match="no such column") as caught:
        readonly_sql.run(database, "SELECT emial FROM orders")
    assert "lab sql --tables" in caught.value.hint


def test_a_missing_database_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentLacks):
        readonly_sql.run(tmp_path / "none.db", "SELECT 1")
    assert not (tmp_path / "none.db").exists()


def test_a_folder_may_have_any_name(tmp_path: Path) -> None:
    odd = tmp_path / "lab #2 100%25?"
    odd.mkdir()
    assert readonly_sql.run(made(odd / "shop.db"), "SELECT count(*) FROM orders").rows == [[2000]]


class LosesTheRace(sqlite3.Connection):
    """A database whose locks others hold as long as SQLite waits, some times in a row."""

    times = 0

    def execute(self, *arguments: object) -> sqlite3.Cursor:
        if LosesTheRace.times:
            LosesTheRace.times -= 1
            error = sqlite3.OperationalError("locking protocol")
            error.sqlite_errorcode = sqlite3.SQLITE_PROTOCOL
            raise error
        return super().execute(*arguments)  # type: ignore[arg-type]


@pytest.fixture
def losing(monkeypatch: pytest.MonkeyPatch) -> type[LosesTheRace]:
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *given, **named: connect(*given, **named, factory=LosesTheRace))
    return LosesTheRace


def test_a_query_that_got_no_turn_is_asked_once_more(database: Path, losing: type[LosesTheRace]) -> None:
    losing.times = 1
    assert readonly_sql.run(database, "SELECT count(*) FROM orders").rows == [[2000]]


def test_a_busy_database_is_no_mistake_in_the_query(database: Path, losing: type[LosesTheRace]) -> None:
    losing.times = 2
    with pytest.raises(Conflict, match="too busy to answer") as raised:
        readonly_sql.run(database, "SELECT count(*) FROM orders")
    assert raised.value.hint == "Ask it again in a moment."


def test_who_holds_the_database_for_long_is_not_taken_for_a_mistake_either(database: Path) -> None:
    other = sqlite3.connect(database, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(Conflict, match="too busy to answer"):
        readonly_sql.run(database, "SELECT count(*) FROM orders")
    other.close()
