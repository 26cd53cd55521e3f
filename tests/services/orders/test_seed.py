"""The shop's past: the same for the same seed, right in every cent, written whole or not at all."""

import os
import resource
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from postgres import PASSWORD, Postgres, sql

from services.orders.migrations import HEAD
from services.orders.pricing import price
from services.orders.seed.__main__ import main, write_file

ROOT = Path(__file__).parents[3]
TABLES = ("products", "customers", "orders", "order_items", "payments", "refunds")


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """5,000 orders."""
    file = tmp_path_factory.mktemp("seed") / "past.db"
    assert main(["--orders", "5000", "--out", str(file), "--seed", "3"]) == 0
    return file


def _rows(file: Path, query: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(file)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def _content(file: Path) -> dict[str, list[tuple[object, ...]]]:
    return {table: _rows(file, f"SELECT * FROM {table} ORDER BY 1, 2") for table in TABLES}


def test_the_same_seed_gives_the_same_past(past: Path, tmp_path: Path) -> None:
    again = tmp_path / "50% & again?.db"
    write_file(again, orders=5000, seed=3)
    assert _content(again) == _content(past)


def test_another_seed_gives_another_past(past: Path, tmp_path: Path) -> None:
    write_file(tmp_path / "other.db", orders=5000, seed=4)
    mine, other = _content(past), _content(tmp_path / "other.db")
    assert mine["products"] == other["products"]
    assert mine["orders"] != other["orders"]
    assert mine["customers"] != other["customers"]


def test_every_order_costs_what_the_shop_would_ask(past: Path) -> None:
    lines: dict[object, list[tuple[int, int]]] = {}
    for order_id, cents, quantity in _rows(past, "SELECT order_id, unit_price_cents, quantity FROM order_items"):
        lines.setdefault(order_id, []).append((int(str(cents)), int(str(quantity))))
    orders = _rows(
        past, "SELECT id, country, coupon_code, subtotal_cents, discount_cents, tax_cents, total_cents FROM orders"
    )
    assert len(orders) == len(lines) == 5000
    for order_id, country, coupon, *amounts in orders:
        asked = price(lines[order_id], str(country), None if coupon is None else str(coupon))
        assert amounts == [asked.subtotal_cents, asked.discount_cents, asked.tax_cents, asked.total_cents]


def test_the_past_is_consistent(past: Path) -> None:
    assert _rows(past, "PRAGMA foreign_key_check") == []
    assert _rows(past, "PRAGMA integrity_check") == [("ok",)]
    assert _rows(past, "SELECT version_num FROM alembic_version") == [(HEAD,)]
    assert _rows(past, "SELECT count(*) FROM orders WHERE (status IN ('paid', 'refunded')) = (payment_id IS NULL)") == [
        (0,)
    ]
    assert _rows(past, "SELECT count(*) FROM orders o JOIN refunds r ON r.order_id = o.id") == _rows(
        past, "SELECT count(*) FROM orders WHERE status = 'refunded'"
    )
    assert _rows(past, "SELECT count(DISTINCT payment_id) = count(payment_id) FROM orders") == [(1,)]


def test_orders_come_in_the_order_of_their_numbers(past: Path) -> None:
    moments = [row[0] for row in _rows(past, "SELECT placed_at FROM orders ORDER BY id")]
    assert moments == sorted(moments, key=str)
    assert len(str(moments[0])) == len("2024-11-01 00:02:16.000000")


def test_the_past_looks_like_a_shop(past: Path) -> None:
    statuses = dict(_rows(past, "SELECT status, count(*) FROM orders GROUP BY status"))
    assert statuses.keys() == {"paid", "refunded", "payment_failed", "cancelled"}
    assert int(str(statuses["paid"])) > 4500
    assert _rows(past, "SELECT count(DISTINCT product_id) FROM order_items")[0][0] == 60
    assert _rows(past, "SELECT count(*) FROM customers") == [(1000,)]


def test_one_coupon_is_rare(tmp_path: Path) -> None:
    write_file(tmp_path / "many.db", orders=100_000, seed=1)
    ((rare,),) = _rows(tmp_path / "many.db", "SELECT count(*) FROM orders WHERE coupon_code = 'OPENING25'")
    assert 0 < int(str(rare)) <= 10
    assert _rows(tmp_path / "many.db", "SELECT count(*) FROM customers") == [(20_000,)]


@pytest.fixture(scope="module")
def on_postgresql(postgres: Postgres) -> Iterator["psycopg.Connection[Any]"]:
    """The same 5,000 orders there."""
    name = postgres.new_database()
    assert main(["--orders", "5000", "--url", f"postgresql+psycopg://{postgres.login}/{name}", "--seed", "3"]) == 0
    with postgres.connect(name) as connection:
        yield connection


@pytest.mark.docker
def test_the_past_is_the_same_on_postgresql(past: Path, on_postgresql: "psycopg.Connection[Any]") -> None:
    for table in TABLES:
        there = on_postgresql.execute(sql(f"SELECT * FROM {table} ORDER BY 1, 2")).fetchall()
        assert [tuple(map(_as_sqlite_has_it, row)) for row in there] == _rows(
            past, f"SELECT * FROM {table} ORDER BY 1, 2"
        ), table


def _as_sqlite_has_it(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    return int(value) if isinstance(value, bool) else value


@pytest.mark.docker
def test_on_postgresql_every_reference_is_checked_again_and_new_numbers_follow(
    past: Path, on_postgresql: "psycopg.Connection[Any]"
) -> None:
    keys = on_postgresql.execute(
        "SELECT conrelid::regclass::text, bool_and(convalidated) FROM pg_constraint WHERE contype = 'f' GROUP BY 1"
    ).fetchall()
    assert dict(keys) == dict.fromkeys(("orders", "order_items", "payments", "refunds", "outbox"), True)
    (number,) = on_postgresql.execute("SELECT nextval(pg_get_serial_sequence('orders', 'id'))").fetchone() or ()
    assert number == 5001


@pytest.mark.docker
def test_a_database_that_has_something_in_it_is_left_alone(
    on_postgresql: "psycopg.Connection[Any]", postgres: Postgres, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"postgresql+psycopg://{postgres.login}/{on_postgresql.info.dbname}"
    assert main(["--orders", "10", "--url", url]) == 4
    said = capsys.readouterr().err
    assert "there are tables in it already" in said
    assert PASSWORD not in said
    assert on_postgresql.execute("SELECT count(*) FROM orders").fetchone() == (5000,)


def test_a_database_that_does_not_answer_is_exit_4_and_one_line() -> None:
    done = _run("--orders", "10", "--url", "postgresql+psycopg://shop@127.0.0.1:1/shop")
    assert done.returncode == 4
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("url", ["no url", "oracle+none://x"])
def test_an_address_that_is_none_is_exit_2(url: str) -> None:
    assert _run("--url", url).returncode == 2


def _run(*arguments: str, limit_bytes: int | None = None) -> "subprocess.CompletedProcess[str]":
    def limit() -> None:
        if limit_bytes is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, limit_bytes))

    return subprocess.run(
        [sys.executable, "-m", "services.orders.seed", *arguments],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        preexec_fn=limit,
        check=False,
        timeout=60,
    )


def test_no_room_left_is_exit_4_one_line_and_no_half_file(tmp_path: Path) -> None:
    (tmp_path / "shop.db").write_text("the former one")
    done = _run("--orders", "20000", "--out", str(tmp_path / "shop.db"), limit_bytes=500_000)
    assert done.returncode == 4
    assert done.stderr.startswith("seed: cannot write")
    assert len(done.stderr.splitlines()) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["shop.db"]
    assert (tmp_path / "shop.db").read_text() == "the former one"


@pytest.mark.parametrize("place", ["no/such/folder/shop.db", "/proc/shop.db"])
def test_a_place_that_cannot_be_written_is_exit_4(tmp_path: Path, place: str) -> None:
    done = _run("--orders", "10", "--out", str(tmp_path / place))
    assert done.returncode == 4
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("wrong", [("--orders", "-1"), ("--orders", "many"), ("--seed", "x")])
def test_a_wrong_argument_is_exit_2(tmp_path: Path, wrong: tuple[str, str]) -> None:
    assert _run("--out", str(tmp_path / "shop.db"), *wrong).returncode == 2
