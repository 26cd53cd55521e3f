"""An index made or removed, on a real SQLite file."""

import json
import sqlite3
from pathlib import Path

import pytest
from fakes import FakeSystem

from lab.changes import changes
from lab.core.errors import LabError
from lab.core.system import Index
from lab.runtimes import sqlite_indexes

SEARCH = "EXPLAIN QUERY PLAN SELECT * FROM orders WHERE coupon_code = 'A' ORDER BY placed_at DESC"


class OnFile(FakeSystem):
    """A fake system whose database is a real file."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path

    async def indexes(self) -> list[Index]:
        return sqlite_indexes.found(self.path)

    async def create_index(self, index: Index) -> None:
        sqlite_indexes.create(self.path, index)

    async def drop_index(self, name: str) -> None:
        sqlite_indexes.drop(self.path, name)

    def plan(self) -> str:
        """How the database would search."""
        connection = sqlite3.connect(self.path)
        try:
            return " ".join(row[-1] for row in connection.execute(SEARCH))
        finally:
            connection.close()


@pytest.fixture
def system(tmp_path: Path) -> OnFile:
    path = tmp_path / "shop.db"
    connection = sqlite3.connect(path)
    connection.executescript(
        "CREATE TABLE orders (id INTEGER PRIMARY KEY, number TEXT UNIQUE, coupon_code TEXT, placed_at TEXT);"
        "CREATE INDEX ix_orders_placed_at ON orders (placed_at);"
        "CREATE UNIQUE INDEX uq_orders ON orders (number, coupon_code);"
        "CREATE INDEX ix_orders_lower ON orders (lower(coupon_code));"
    )
    connection.close()
    return OnFile(path)


async def test_only_indexes_that_back_no_promise_are_found(system: OnFile) -> None:
    assert await system.indexes() == [Index("ix_orders_placed_at", "orders", ("placed_at",))]


async def test_an_index_turns_the_scan_into_a_search_until_it_is_taken_back(system: OnFile) -> None:
    change = changes.read({"index": {"table": "orders", "columns": ["coupon_code", "placed_at"]}})
    before = await system.indexes()
    assert "SCAN orders" in system.plan()
    token = json.loads(json.dumps(await change.remember(system)))
    await change.apply(system, token)
    assert "SEARCH orders USING INDEX ix_orders_coupon_code_placed_at" in system.plan()
    await change.revert(system, token)
    assert await system.indexes() == before


async def test_a_removed_index_comes_back_under_its_own_name(system: OnFile) -> None:
    change = changes.read({"index": {"table": "orders", "columns": ["placed_at"], "drop": True}})
    before = await system.indexes()
    token = json.loads(json.dumps(await change.remember(system)))
    await change.apply(system, token)
    assert await system.indexes() == []
    await change.revert(system, token)
    assert await system.indexes() == before


async def test_an_index_that_was_there_before_is_not_taken_away(system: OnFile) -> None:
    change = changes.read({"index": {"table": "orders", "columns": ["placed_at"]}})
    token = await change.remember(system)
    await change.apply(system, token)
    await change.revert(system, token)
    assert [one.name for one in await system.indexes()] == ["ix_orders_placed_at"]


async def test_removing_an_index_that_is_not_there_is_refused_before_anything_is_touched(system: OnFile) -> None:
    change = changes.read({"index": {"table": "orders", "columns": ["number"], "drop": True}})
    with pytest.raises(LabError, match=r"no index on orders \(number\)"):
        await change.remember(system)


@pytest.mark.parametrize(("table", "column"), [("orders", "cupon"), ("order", "coupon_code")])
async def test_an_index_on_what_does_not_exist_is_refused(system: OnFile, table: str, column: str) -> None:
    with pytest.raises(LabError, match=rf"{table} has no column {column}"):
        await system.create_index(Index("ix", table, (column,)))


async def test_a_database_that_is_busy_with_a_write_is_waited_for(
    system: OnFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_indexes, "BUSY_S", 0.01)
    writer = sqlite3.connect(system.path, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    with pytest.raises(LabError, match="database is locked"):
        await system.drop_index("ix_orders_placed_at")
    writer.execute("ROLLBACK")
    await system.drop_index("ix_orders_placed_at")
    writer.close()
    assert await system.indexes() == []
