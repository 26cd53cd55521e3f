"""The shop's database on PostgreSQL: filled once, copied for each run, and read without being able to write."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest
from postgres import PASSWORD, Postgres

from lab.core.errors import EnvironmentLacks, LabError, UsageError
from lab.core.system import Index
from lab.runtimes import service_files
from lab.runtimes.postgres import indexing, reading
from lab.runtimes.postgres.prepare import prepare
from lab.runtimes.postgres.server import Server
from lab.runtimes.site import OPERATOR_PASSWORD, Site, in_containers

pytestmark = pytest.mark.docker
ORDERS = service_files.service_files()["orders"]


@pytest.fixture(scope="module")
def site(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Site:
    folder = tmp_path_factory.mktemp("secrets")
    (folder / OPERATOR_PASSWORD).write_text(PASSWORD, encoding="utf-8")
    here = replace(in_containers(), database=("127.0.0.1", postgres.port), control_dir=folder, database_dir=folder)
    here.make_secrets()
    return here


@pytest.fixture(scope="module")
def server(site: Site) -> Iterator[Server]:
    server = Server(site)
    asyncio.run(server.ready())
    yield server
    asyncio.run(server.tidy())


@pytest.fixture(scope="module")
def database(server: Server) -> str:
    async def copied() -> str:
        return await server.copy(await server.template(ORDERS, 3000))

    return asyncio.run(copied())


def count(site: Site, database: str, table: str = "orders") -> int:
    """Rows of a table, as the shop itself sees them."""
    login = f"host=127.0.0.1 port={site.database[1]} user=shop password={site.shop_password()} dbname={database}"
    with psycopg.connect(login, autocommit=True) as connection:
        found = connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()
        assert found is not None
        return int(found[0])


async def test_a_template_is_filled_once_even_when_two_ask_at_once(server: Server, site: Site) -> None:
    names = await asyncio.gather(server.template(ORDERS, 500), server.template(ORDERS, 500))
    assert len(set(names)) == 1
    async with server.operator() as connection:
        assert len(await server._databases(connection, "shop_500_")) == 1
        assert await server._databases(connection, "building_") == []


async def test_the_usual_template_is_filled_before_anybody_asks_and_what_was_left_half_is_gone(
    server: Server, site: Site
) -> None:
    async with server.operator() as connection:
        await connection.execute("CREATE DATABASE building_old")
    await prepare(site, orders=700)
    async with server.operator() as connection:
        assert len(await server._databases(connection, "shop_700_")) == 1
        assert await server._databases(connection, "building_") == []
    copy = await server.copy(await server.template(ORDERS, 700))
    assert count(site, copy) == 700
    await prepare(site, orders=700)  # nothing to do
    async with server.operator() as connection:
        assert await server._databases(connection, "building_") == []


async def test_one_who_comes_while_it_is_prepared_waits_for_the_same(server: Server, site: Site) -> None:
    _, name = await asyncio.gather(prepare(site, orders=600), server.template(ORDERS, 600))
    async with server.operator() as connection:
        assert await server._databases(connection, "shop_600_") == [name]
        assert await server._databases(connection, "building_") == []


async def test_runs_do_not_see_each_others_orders(server: Server, site: Site) -> None:
    template = await server.template(ORDERS, 500)
    one, two = await server.copy(template), await server.copy(template)
    login = f"host=127.0.0.1 port={site.database[1]} user=shop password={site.shop_password()} dbname={one}"
    with psycopg.connect(login) as connection:
        connection.execute("DELETE FROM refunds")
    assert count(site, one, "refunds") == 0
    assert count(site, two, "refunds") > 0
    await server.drop(one)
    await server.tidy()
    async with server.operator() as connection:
        left = await server._databases(connection, "run_")
    assert one not in left
    assert two not in left


async def test_a_seed_that_fails_leaves_no_half_template(server: Server) -> None:
    broken = replace(ORDERS, seed=("python", "-c", "raise SystemExit('no room')"))
    with pytest.raises(EnvironmentLacks, match="no room"):
        await server.template(broken, 777)
    async with server.operator() as connection:
        assert await server._databases(connection, "building_") == []
        assert await server._databases(connection, "shop_777_") == []


async def test_a_server_that_is_not_there_is_one_sentence(site: Site) -> None:
    with pytest.raises(EnvironmentLacks, match="does not do what it is asked"):
        async with Server(replace(site, database=("127.0.0.1", 1))).operator():
            pass


async def test_rows_come_with_columns_as_plain_values(site: Site, database: str) -> None:
    found = await reading.run(site, database, "SELECT id, placed_at, 1.5 AS half, true AS yes FROM orders LIMIT 1;")
    assert found.columns == ["id", "placed_at", "half", "yes"]
    ((number, placed, half, yes),) = found.rows
    assert (number, half, yes) == (1, 1.5, True)
    assert placed.startswith("20")


async def test_more_rows_than_fit_are_cut_and_said_so(site: Site, database: str) -> None:
    found = await reading.run(site, database, "SELECT * FROM orders")
    assert (len(found.rows), found.truncated) == (500, True)


async def test_a_plan_shows_the_scan_and_what_it_threw_away(site: Site, database: str) -> None:
    query = "SELECT * FROM orders WHERE coupon_code = 'OPENING25'"
    found = await reading.run(site, database, query, explain=True)
    assert found.plan is not None
    assert found.plan[0].startswith("Seq Scan on orders")
    assert any("Rows Removed by Filter: 3000" in line for line in found.plan)
    assert found.rows == []


async def test_a_statement_as_telemetry_shows_it_is_planned_and_not_run(site: Site, database: str) -> None:
    query = "SELECT * FROM orders WHERE orders.customer_id = ? AND orders.status <> 'a?b' LIMIT ?"
    found = await reading.run(site, database, query, explain=True)
    assert found.plan is not None
    assert "ix_orders_customer_id" in " ".join(found.plan)
    assert found.rows == []


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM orders",
        "UPDATE orders SET status = 'paid'",
        "DROP TABLE orders",
        "CREATE TABLE x (a int)",
        "CREATE TEMP TABLE x (a int)",
        "SELECT nextval('orders_id_seq')",
        "SELECT * FROM orders FOR UPDATE",
        "TRUNCATE orders",
        "LOCK TABLE orders IN ACCESS EXCLUSIVE MODE",
        "COPY (SELECT 1) TO PROGRAM 'true'",
        "SELECT pg_read_file('/etc/passwd')",
        "SELECT lo_import('/etc/passwd')",
        "VACUUM orders",
        "SET ROLE shop",
        "SET statement_timeout = 0",
        "DO $$ BEGIN DELETE FROM refunds; END $$",
        "WITH gone AS (DELETE FROM refunds RETURNING id) SELECT * FROM gone",
        "SELECT set_config('transaction_read_only', 'off', false); DELETE FROM refunds",
    ],
)
async def test_nothing_can_be_written(site: Site, database: str, query: str) -> None:
    before = count(site, database), count(site, database, "refunds")
    with pytest.raises(UsageError, match=r"Only reading|refused|one statement"):
        await reading.run(site, database, query)
    assert (count(site, database), count(site, database, "refunds")) == before


async def test_explaining_a_write_does_not_run_it(site: Site, database: str) -> None:
    before = count(site, database, "refunds")
    with pytest.raises(UsageError, match="Only reading"):
        await reading.run(site, database, "DELETE FROM refunds", explain=True)
    assert count(site, database, "refunds") == before


async def test_a_second_statement_is_refused(site: Site, database: str) -> None:
    with pytest.raises(UsageError, match="one statement"):
        await reading.run(site, database, "SELECT 1; SELECT 2")


async def test_a_query_that_takes_too_long_is_stopped(
    site: Site, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "TIME_LIMIT_S", 0.2)
    with pytest.raises(UsageError, match="took longer"):
        await reading.run(site, database, "SELECT pg_sleep(60)")


async def test_a_wrong_column_is_explained_with_a_way_on(site: Site, database: str) -> None:
    with pytest.raises(UsageError, match="totl_cents") as caught:
        await reading.run(site, database, "SELECT totl_cents FROM orders")
    assert "total_cents" in caught.value.what
    assert "lab sql --tables" in caught.value.hint


async def test_tables_are_told_with_their_columns(site: Site, database: str) -> None:
    found = {table.name: table.columns for table in await reading.tables(site, database)}
    assert set(found) == {
        "customers", "idempotency_keys", "order_items", "orders", "outbox", "payments", "products", "refunds"
    }  # fmt: skip
    assert found["customers"][0] == ("id", "character varying(64)")


async def test_an_index_is_made_and_removed_in_a_run_without_losing_its_owner(
    server: Server, site: Site, database: str
) -> None:
    before = await indexing.found(server, database)
    assert Index("ix_orders_customer_id", "orders", ("customer_id", "placed_at")) in before
    index = Index("ix_orders_coupon_code", "orders", ("coupon_code",))
    for _ in range(2):
        await indexing.create(server, database, index)
    assert await indexing.found(server, database) == sorted([*before, index], key=lambda one: one.name)
    async with server.operator(database) as connection:
        found = await connection.execute("SELECT tableowner = 'shop' FROM pg_tables WHERE tablename = 'orders'")
        assert await found.fetchone() == (True,)
    for _ in range(2):
        await indexing.drop(server, database, index.name)
    assert await indexing.found(server, database) == before


async def test_an_index_on_a_column_that_does_not_exist_is_refused(server: Server, database: str) -> None:
    with pytest.raises(LabError, match="cupon"):
        await indexing.create(server, database, Index("ix", "orders", ("cupon",)))
