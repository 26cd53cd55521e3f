"""A deterministic past for the shop: sixty products, up to 20,000 customers, any number of orders."""

import random
from datetime import UTC, datetime, timedelta

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
    customers = min(20_000, max(400, orders // 5))
    connection.execute(insert(Product), [product.model_dump() for product in beans()])
    connection.execute(insert(Customer), people(customers, random.Random(seed), UNTIL))
    if orders:
        start = UNTIL - timedelta(days=DAYS)
        write_history(connection, orders=orders, customers=customers, seed=seed, start=start, days=DAYS)
