"""The connection pool: what a slow partner does to it, and what its settings change."""

import os
import sqlite3
import subprocess
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.orders.database.one_hop import connect

ROOT = Path(__file__).parents[3]


def _paying(crowd: ThreadPoolExecutor, place: Any, partner: Any, eventually: Any, count: int) -> list[Future[Any]]:
    """Start checkouts that wait for the partner."""
    paying = [crowd.submit(place) for _ in range(count)]
    eventually(lambda: len(partner.calls) == count)
    return paying


def test_a_payment_that_holds_its_connection_keeps_everybody_waiting(
    shop: Any, place: Any, partner: Any, sink: Any, eventually: Any
) -> None:
    shop.patch(db_pool_size=2, db_pool_timeout_ms=150)
    told = partner.hold()
    with ThreadPoolExecutor(2) as crowd:
        paying = _paying(crowd, place, partner, eventually, 2)
        assert shop.metric("db_pool_in_use") == 2
        answer = shop.client.get("/products?limit=1")
        told.set()
        assert [one.result().status_code for one in paying] == [201, 201]
    assert answer.status_code == 503
    assert answer.json()["type"].endswith("database-busy")
    assert answer.headers["Retry-After"] == "1"
    trace_id = answer.headers["traceresponse"].split("-")[1]
    events = eventually(lambda: [one for one in sink.events("db.pool_timeout") if one["trace_id"] == trace_id])
    assert events[0]["attributes"]["pool.size"] == 2
    (wait,) = [span for span in sink.trace(trace_id) if span["name"] == "wait for database connection"]
    assert wait["error"]


def test_a_payment_that_lets_go_keeps_nobody_waiting(shop: Any, place: Any, partner: Any, eventually: Any) -> None:
    shop.patch(db_pool_size=1, db_pool_timeout_ms=2000, payment_holds_connection=False)
    told = partner.hold()
    with ThreadPoolExecutor(4) as crowd:
        paying = _paying(crowd, place, partner, eventually, 4)
        assert shop.metric("db_pool_in_use") == 0
        assert shop.client.get("/products?limit=1").status_code == 200
        told.set()
        assert [one.result().status_code for one in paying] == [201] * 4


def test_a_held_connection_locks_nobody_out_of_writing(
    shop: Any, place: Any, partner: Any, eventually: Any, database: Any
) -> None:
    told = partner.hold()
    with ThreadPoolExecutor(1) as crowd:
        paying = _paying(crowd, place, partner, eventually, 1)
        database.do("UPDATE products SET price_cents = price_cents")
        assert not paying[0].done()
        told.set()


def test_a_waiting_request_goes_on_when_a_connection_comes_free(
    shop: Any, place: Any, partner: Any, sink: Any, eventually: Any
) -> None:
    shop.patch(db_pool_size=1, db_pool_timeout_ms=5000)
    told = partner.hold()
    with ThreadPoolExecutor(2) as crowd:
        _paying(crowd, place, partner, eventually, 1)
        waiting = crowd.submit(shop.client.get, "/products?limit=1")
        eventually(lambda: shop.metric("db_pool_waiting") == 1)
        told.set()
    answer = waiting.result()
    assert answer.status_code == 200
    trace_id = answer.headers["traceresponse"].split("-")[1]

    def waits() -> list[Any]:
        return [span for span in sink.trace(trace_id) if span["name"] == "wait for database connection"]

    (wait,) = eventually(waits)
    assert wait["kind"] == "internal"


def test_another_pool_size_takes_effect_without_breaking_what_runs(
    shop: Any, place: Any, partner: Any, eventually: Any
) -> None:
    shop.patch(db_pool_size=1, db_pool_timeout_ms=100)
    told = partner.hold()
    with ThreadPoolExecutor(4) as crowd:
        paying = _paying(crowd, place, partner, eventually, 1)
        assert shop.client.get("/orders?limit=1").status_code == 503
        shop.patch(db_pool_size=6)
        assert shop.metric("db_pool_size") == 6
        assert shop.client.get("/orders?limit=1").status_code == 200
        shop.patch(db_pool_size=2)
        told.set()
        assert paying[0].result().status_code == 201
    assert shop.client.get("/orders?limit=1").status_code == 200
    eventually(lambda: shop.metric("db_pool_in_use") == 0)


def test_retired_pools_close_their_connections(shop: Any, eventually: Any, database: Any) -> None:
    def open_ones() -> int:
        if database.dialect == "sqlite":  # each connection has a thread
            return len(list(Path(f"/proc/{shop.process.pid}/task").iterdir()))
        mine = "datname = current_database() AND application_name = 'orders'"
        return int(database.do(f"SELECT count(*) FROM pg_stat_activity WHERE {mine}")[0][0])

    before = open_ones()
    for size in range(2, 22):
        shop.patch(db_pool_size=size)
        assert shop.client.get("/products?limit=1").status_code == 200
    eventually(lambda: open_ones() <= before + 1)


def test_writers_in_a_crowd_do_not_fail_each_other(place: Any, shop: Any) -> None:
    with ThreadPoolExecutor(16) as crowd:
        answers = list(crowd.map(lambda _: place(), range(96)))
    assert {answer.status_code for answer in answers} == {201}


@pytest.mark.parametrize(
    "url", ["sqlite+aiosqlite:////no/such/folder/shop.db", "no url", "oracle://x", "postgresql+psycopg://127.0.0.1:1/x"]
)
def test_a_database_that_does_not_open_is_said_in_one_line(url: str, free_port: Any) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "services.orders"],
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "PORT": str(free_port()),
            "DATABASE_URL": url,
            "LOG_STDOUT": "0",
        },
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 4
    assert done.stderr.startswith("orders: cannot start: the database does not open")
    assert len(done.stderr.splitlines()) == 1


async def test_a_connection_that_fails_has_ended_its_thread(tmp_path: Path) -> None:
    for _ in range(20):
        connection = connect(str(tmp_path / "no" / "shop.db"))
        with pytest.raises(sqlite3.OperationalError):
            await connection
        assert not connection._thread.is_alive()


async def test_no_customer_waits_for_a_disk_that_others_keep_busy(tmp_path: Path) -> None:
    connection = await connect(str(tmp_path / "shop.db"))
    found = await connection.execute("PRAGMA synchronous")
    assert await found.fetchall() == [(0,)]
    await connection.close()


def test_the_shop_works_alone_on_an_empty_database(shop: Any, database: Any) -> None:
    if database.dialect == "sqlite":
        assert database.do("PRAGMA journal_mode") == [("wal",)]
    assert database.do("SELECT count(*) FROM orders")[0][0] >= 2000


def test_two_processes_that_start_on_one_empty_database_seed_it_once(
    new_data: Any, free_port: Any, eventually: Any
) -> None:
    data = new_data()
    env = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "LOG_STDOUT": "0",
        "DATABASE_URL": data.url,
    }
    ports = [free_port(), free_port()]
    both = [
        subprocess.Popen([sys.executable, "-m", "services.orders"], env=env | {"PORT": str(port)}) for port in ports
    ]

    def healthy(port: int) -> bool:
        assert all(one.poll() is None for one in both)
        try:
            return httpx.get(f"http://127.0.0.1:{port}/health").status_code == 200
        except httpx.TransportError:
            return False

    try:
        for port in ports:
            eventually(lambda port=port: healthy(port), 30)
        assert data.do("SELECT count(*) FROM orders") == [(2000,)]
    finally:
        for one in both:
            one.terminate()
        assert [one.wait(5) for one in both] == [0, 0]
