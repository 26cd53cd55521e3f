"""A deterministic past for the shop: sixty products, up to 20,000 customers, any number of orders."""

import random
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, insert

from services.orders.models import Customer, Product
from services.orders.seed.beans import beans
from services.orders.seed.history import write_history
from services.orders.seed.people import people

UNTIL = datetime(2026, 11, 1, tzinfo=UTC)
DAYS = 730
MOST_ORDERS = 5_000_000


def write_seed(connection: Connection, *, orders: int, seed: int = 1) -> None:
    """Fill migrated, empty tables; the same orders and seed give the same rows on every database."""
    customers = _customers(orders)
    connection.execute(insert(Product), [product.model_dump() for product in beans()])
    _add_customers(connection, _drawn(customers, seed))
    if orders:
        start = UNTIL - timedelta(days=DAYS)
        write_history(connection, orders=orders, customers=customers, seed=seed, start=start, days=DAYS)


def get_ready(*, orders: int, seed: int = 1) -> None:
    """Do what needs no database, while there is none."""
    import alembic.command  # noqa: F401

    _drawn(_customers(orders), seed)


def _customers(orders: int) -> int:
    return min(20_000, max(400, orders // 5))


@cache
def _drawn(customers: int, seed: int) -> list[dict[str, Any]]:
    return people(customers, random.Random(seed), UNTIL)


def _add_customers(connection: Connection, rows: list[dict[str, Any]]) -> None:
    driver = connection.connection.cursor()
    if not hasattr(driver, "copy"):  # SQLite, or PostgreSQL by an engine that waits asynchronously
        connection.execute(insert(Customer), rows)
        return
    columns = ", ".join(rows[0])
    # PostgreSQL takes a stream of rows in a fifth of the time
    with driver.copy(f"COPY customers ({columns}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(tuple(row.values()))
