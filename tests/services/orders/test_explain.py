"""How many rows a statement examines."""

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from postgres import Postgres
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.orders.database.engines import make_engine
from services.orders.database.explain import _walk, explain_postgresql, explain_sqlite
from services.orders.seed.__main__ import main, write_file


@pytest.fixture(scope="module")
def shop_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """3,000 orders."""
    file = tmp_path_factory.mktemp("explain") / "shop.db"
    write_file(file, orders=3000, seed=1)
    return file


@pytest.fixture
async def connection(shop_file: Path) -> AsyncIterator[AsyncConnection]:
    """A connection to them."""
    engine = make_engine(f"sqlite+aiosqlite:///{shop_file}", 1)
    async with engine.connect() as connection:
        yield connection
    await engine.dispose()


async def _count(connection: AsyncConnection, table: str) -> int:
    return int((await connection.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one())


async def test_a_filter_without_an_index_examines_the_whole_table(connection: AsyncConnection) -> None:
    plan = await explain_sqlite(connection, "SELECT * FROM orders WHERE coupon_code = ?", ("X",), 0, _count)
    assert plan.rows_examined == 3000
    assert plan.text == "SCAN orders"


async def test_a_filter_with_an_index_examines_what_it_finds(connection: AsyncConnection) -> None:
    found = await connection.exec_driver_sql("SELECT count(*) FROM orders WHERE customer_id = 'c-1'")
    sql = "SELECT * FROM orders WHERE orders.customer_id = ?"
    plan = await explain_sqlite(connection, sql, ("c-1",), 4, _count)
    assert plan.rows_examined == found.scalar_one()
    assert "ix_orders_customer_id" in plan.text


@pytest.mark.parametrize(
    ("where", "values", "index"),
    [
        ("orders.customer_id = ? AND orders.coupon_code = ?", ("c-1", "X"), "ix_orders_customer_id"),
        ("orders.placed_at >= ? AND orders.coupon_code = ?", ("2026-01-01", "X"), "ix_orders_placed_at"),
        ("orders.status = ? AND orders.placed_at < ?", ("refunded", "2026-01-01"), "ix_orders_status"),
        ("(orders.placed_at, orders.id) < (?, ?)", ("2025-01-01", 9), "ix_orders_placed_at"),
    ],
)
async def test_an_index_examines_all_that_it_finds(
    connection: AsyncConnection, where: str, values: tuple[Any, ...], index: str
) -> None:
    statement = f"SELECT * FROM orders INDEXED BY {index} WHERE {where} LIMIT ?"
    plan = await explain_sqlite(connection, statement, (*values, 20), 0, _count)
    indexed = where.split(" AND orders.coupon_code")[0].replace("(orders.placed_at, orders.id) <", "placed_at <=")
    count = f"SELECT count(*) FROM orders WHERE {indexed.replace('(?, ?)', '?')}"
    found = await connection.exec_driver_sql(count, values[: count.count("?")])
    assert plan.rows_examined == found.scalar_one() > 0
    assert "SEARCH" in plan.text


async def test_a_join_examines_about_what_it_returns(connection: AsyncConnection) -> None:
    statement = (
        "SELECT orders.id FROM orders JOIN customers ON customers.id = orders.customer_id "
        "WHERE customers.email = (SELECT email FROM customers WHERE id = ?)"
    )
    plan = await explain_sqlite(connection, statement, ("c-1",), 7, _count)
    assert plan.rows_examined is not None
    assert 7 <= plan.rows_examined < 30


async def test_an_added_index_changes_the_plan(connection: AsyncConnection, shop_file: Path) -> None:
    other = sqlite3.connect(shop_file)
    other.execute("CREATE INDEX ix_orders_coupon_code ON orders (coupon_code)")
    other.close()
    plan = await explain_sqlite(connection, "SELECT * FROM orders WHERE coupon_code = ?", ("X",), 2, _count)
    assert plan.rows_examined == 2
    other = sqlite3.connect(shop_file)
    other.execute("DROP INDEX ix_orders_coupon_code")
    other.close()


@pytest.fixture(scope="module")
def shop_on_postgresql(postgres: Postgres) -> str:
    """3,000 orders there; the database's URL."""
    url = f"postgresql+psycopg://{postgres.login}/{postgres.new_database()}"
    assert main(["--orders", "3000", "--url", url]) == 0
    return url


@pytest.mark.docker
async def test_postgresql_tells_what_it_really_looked_at_and_writes_nothing(shop_on_postgresql: str) -> None:
    engine = make_engine(shop_on_postgresql, 1)
    async with engine.connect() as connection:
        scan = "SELECT * FROM orders WHERE coupon_code = %(code)s::VARCHAR"
        plan = await explain_postgresql(connection, scan, {"code": "X"})
        assert (plan.text, plan.rows_examined) == ("Seq Scan on orders", 3000)
        await connection.exec_driver_sql("CREATE INDEX ix_orders_coupon_code ON orders (coupon_code)")
        plan = await explain_postgresql(connection, scan, {"code": "WELCOME10"})
        assert "using ix_orders_coupon_code" in plan.text
        assert plan.rows_examined is not None
        assert plan.rows_examined < 300
        plan = await explain_postgresql(connection, "UPDATE orders SET status = 'paid' WHERE id = %(id)s", {"id": 1})
        assert plan.rows_examined is None
        assert "Index Scan on orders using orders_pkey" in plan.text
        await connection.rollback()
    await engine.dispose()


def test_a_postgresql_plan_counts_kept_and_removed_rows_of_every_loop() -> None:
    plan: dict[str, Any] = {
        "Node Type": "Limit",
        "Actual Rows": 3,
        "Actual Loops": 1,
        "Plans": [
            {
                "Node Type": "Nested Loop",
                "Actual Rows": 3,
                "Actual Loops": 1,
                "Plans": [
                    {
                        "Node Type": "Seq Scan",
                        "Relation Name": "orders",
                        "Actual Rows": 1,
                        "Rows Removed by Filter": 333332,
                        "Actual Loops": 3,
                    },
                    {
                        "Node Type": "Index Scan",
                        "Relation Name": "customers",
                        "Index Name": "customers_pkey",
                        "Actual Rows": 1,
                        "Actual Loops": 3,
                    },
                ],
            }
        ],
    }
    steps: list[str] = []
    assert _walk(plan, 0, steps) == 999_999 + 3
    assert steps[2:] == ["    Seq Scan on orders", "    Index Scan on customers using customers_pkey"]
