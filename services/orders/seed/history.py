"""The orders of past years, drawn inside the database by INSERT … SELECT, so that a million take seconds.

Every draw is arithmetic on the order's number and the seed: the same on SQLite and PostgreSQL, the same every time.
"""
# ruff: noqa: S608 - every part of these statements is a constant of ours

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import Connection, text

from services.orders.models import METADATA
from services.orders.pricing import COUPON_PERCENT, CURRENCY, TAX_BASIS_POINTS

_PRIME = 2_147_483_647  # products of two numbers below it fit into 64 bits
# One order in about 30,000 has this code: what a search that finds little looks for.
RARE_COUPON = "OPENING25"
_COUPONS = ((30, "WELCOME10"), (50, "SPRING15"), (65, "BEANS5"), (72, "BARISTA20"))  # per mille, ascending
_LINES = 3


def write_history(
    connection: Connection, *, orders: int, customers: int, seed: int, start: datetime, days: int
) -> None:
    """Fill orders, order_items, payments and refunds; customers c-1 … and products must exist."""
    values = {
        "orders": orders,
        "customers": customers,
        "salt": 1 + seed % (_PRIME - 1),
        "start": int(start.timestamp()),
        "step": max(2, days * 86_400 // max(orders, 1)),
    }
    tables = [METADATA.tables[name] for name in ("orders", "payments")]
    indexes = sorted((index for table in tables for index in table.indexes), key=lambda index: str(index.name))
    for index in indexes:  # made anew at the end: faster, and packed
        index.drop(connection)
    sqlite = connection.dialect.name == "sqlite"
    with _references_checked_at_once(connection, sqlite):
        for statement in _statements(sqlite):
            used = {name: value for name, value in values.items() if f":{name}" in statement}
            connection.execute(text(statement), used)
    for index in indexes:
        index.create(connection)


@contextmanager
def _references_checked_at_once(connection: Connection, sqlite: bool) -> Iterator[None]:
    """PostgreSQL: foreign keys are taken away and put back, which checks all rows at once, at a third of the cost."""
    keys: list[tuple[str, str, str]] = []
    if not sqlite:
        found = connection.execute(
            text(
                "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint "
                "WHERE contype = 'f' AND connamespace = current_schema()::regnamespace"
            )
        )
        keys = [(str(table), str(name), str(definition)) for table, name, definition in found]
    for table, name, _ in keys:
        connection.execute(text(f"ALTER TABLE {table} DROP CONSTRAINT {name}"))
    yield
    for table, name, definition in keys:
        connection.execute(text(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}"))


def _statements(sqlite: bool) -> list[str]:
    return [
        "CREATE TEMP TABLE shelf (place INTEGER PRIMARY KEY, id TEXT, price_cents INTEGER)",
        """INSERT INTO shelf SELECT row_number() OVER (ORDER BY id) - 1, id, price_cents FROM products
           WHERE available""",
        "CREATE TEMP TABLE buyers (number INTEGER PRIMARY KEY, id TEXT, country TEXT, tax_points INTEGER)",
        f"""INSERT INTO buyers SELECT CAST(substr(id, 3) AS INTEGER), id, country,
            CASE country {_cases(TAX_BASIS_POINTS)} END FROM customers""",
        """CREATE TEMP TABLE drawn (id INTEGER PRIMARY KEY, customer INTEGER, place INTEGER, lines INTEGER,
            quantity INTEGER, fate INTEGER, luck INTEGER, placed BIGINT, delay INTEGER)""",
        f"""INSERT INTO drawn
            WITH {_numbers(sqlite)},
            a AS (SELECT n, (CAST(n AS BIGINT) * 48271 + CAST(:salt AS BIGINT)) % {_PRIME} * 69621 % {_PRIME} AS x
                  FROM numbers WHERE n <= :orders),
            b AS (SELECT n, x, (x / 7 + x * 16807) % {_PRIME} AS y FROM a),
            c AS (SELECT n, x, y, (y / 11 + y * 39373) % {_PRIME} AS z FROM b)
            SELECT n AS id,
                   1 + (x % :customers) * (y % :customers) / :customers AS customer,
                   (z % (SELECT count(*) FROM shelf)) * (x / 64 % 1000) / 1000 AS place,
                   1 + y / 128 % {_LINES} * (z / 32 % 2) AS lines,
                   1 + z / 512 % 10 / 7 AS quantity,
                   x / 1024 % 1000 AS fate,
                   CASE WHEN y / 256 % 30000 = 17 THEN 999 ELSE y / 1024 % 999 END AS luck,
                   :start + (n - 1) * CAST(:step AS BIGINT) + z / 2048 % :step AS placed,
                   1 + y / 4096 % 4 AS delay
            FROM c""",
        _orders(sqlite),
        *(_items(line) for line in range(_LINES)),
        f"""INSERT INTO payments (id, order_id, status, api_version, provider_ref, amount_cents, attempts, reason,
                                  created_at)
            SELECT o.id, o.id, CASE WHEN o.payment_id IS NULL THEN 'failed' ELSE 'succeeded' END, 'v1',
                   o.payment_id, CASE WHEN o.payment_id IS NULL THEN 0 ELSE o.total_cents END, 1,
                   CASE WHEN o.payment_id IS NULL THEN 'declined' END, {_moment("d.placed + d.delay", sqlite)}
            FROM orders o JOIN drawn d ON d.id = o.id WHERE o.status <> 'cancelled'""",
        f"""INSERT INTO refunds (order_id, status, amount_cents, reason, provider_ref, created_at)
            SELECT o.id, 'succeeded', o.total_cents, 'damaged in transit', 're' || substr(o.payment_id, 3),
                   {_moment("d.placed + 86400 * (2 + d.delay)", sqlite)}
            FROM orders o JOIN drawn d ON d.id = o.id WHERE o.status = 'refunded'""",
        "DROP TABLE drawn",
        "DROP TABLE buyers",
        "DROP TABLE shelf",
        *([] if sqlite else [_sequence(table) for table in ("orders", "payments")]),
    ]


def _numbers(sqlite: bool) -> str:
    if not sqlite:
        return "numbers AS (SELECT generate_series(1, CAST(:orders AS INTEGER)) AS n)"
    return "RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :orders)"


def _orders(sqlite: bool) -> str:
    coupon = " ".join(f"WHEN luck < {limit} THEN '{code}'" for limit, code in _COUPONS)
    paid = "status IN ('paid', 'refunded')"
    return f"""
        INSERT INTO orders (id, customer_id, status, country, currency, coupon_code, subtotal_cents, discount_cents,
                            tax_cents, total_cents, placed_at, paid_at, payment_id)
        WITH bought AS MATERIALIZED (
            SELECT d.*, c.id AS customer_id, c.country, c.tax_points,
                   CASE {coupon} WHEN luck = 999 THEN '{RARE_COUPON}' END AS coupon_code,
                   CASE WHEN fate < 15 THEN 'payment_failed' WHEN fate < 35 THEN 'cancelled'
                        WHEN fate < 55 THEN 'refunded' ELSE 'paid' END AS status,
                   d.quantity * s0.price_cents
                   + CASE WHEN d.lines > 1 THEN s1.price_cents ELSE 0 END
                   + CASE WHEN d.lines > 2 THEN s2.price_cents ELSE 0 END AS subtotal
            FROM drawn d JOIN buyers c ON c.number = d.customer
            JOIN shelf s0 ON s0.place = {_place(0)}
            JOIN shelf s1 ON s1.place = {_place(1)}
            JOIN shelf s2 ON s2.place = {_place(2)}),
        reduced AS (
            SELECT bought.*, (subtotal * CASE coupon_code {_cases(COUPON_PERCENT)} ELSE 0 END + 50) / 100 AS discount
            FROM bought),
        taxed AS (SELECT reduced.*, ((subtotal - discount) * tax_points + 5000) / 10000 AS tax
                  FROM reduced)
        SELECT id, customer_id, status, country, '{CURRENCY}', coupon_code, subtotal, discount, tax,
               subtotal - discount + tax, {_moment("placed", sqlite)},
               CASE WHEN {paid} THEN {_moment("placed + delay", sqlite)} END,
               CASE WHEN {paid} THEN 'ch_' || CAST(placed AS TEXT) || CAST(id AS TEXT) END
        FROM taxed"""


def _items(line: int) -> str:
    quantity = "d.quantity" if line == 0 else "1"
    return f"""
        INSERT INTO order_items (order_id, line, product_id, quantity, unit_price_cents)
        SELECT d.id, {line + 1}, s.id, {quantity}, s.price_cents
        FROM drawn d JOIN shelf s ON s.place = {_place(line)} WHERE d.lines > {line}"""


def _cases(values: Mapping[str, int]) -> str:
    return " ".join(f"WHEN '{name}' THEN {value}" for name, value in values.items())


def _place(line: int) -> str:
    """Where on the shelf a line's product stands; lines of one order never share one."""
    return f"(d.place + {7 * line}) % (SELECT count(*) FROM shelf)"


def _moment(seconds: str, sqlite: bool) -> str:
    """Unix seconds as the column type writes a moment."""
    if sqlite:
        return f"strftime('%Y-%m-%d %H:%M:%S.000000', {seconds}, 'unixepoch')"
    return f"to_timestamp({seconds})"


def _sequence(table: str) -> str:
    """PostgreSQL: ids were given, so the sequence must be told."""
    return f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT coalesce(max(id), 1) FROM {table}))"
