"""SQL as telemetry shows it."""

import pytest

from services.orders.database.statements import describe


@pytest.mark.parametrize(
    ("sql", "text"),
    [
        ("SELECT  a,\n b FROM orders WHERE id = ?", "SELECT a, b FROM orders WHERE id = ?"),
        ("SELECT a FROM orders WHERE id = %(id_1)s::INTEGER", "SELECT a FROM orders WHERE id = ?"),
        ("SELECT a FROM orders WHERE id IN (?, ?, ?)", "SELECT a FROM orders WHERE id IN (?)"),
        ("SELECT a FROM t WHERE n = 'O''Brien' LIMIT 20", "SELECT a FROM t WHERE n = ? LIMIT ?"),
        ("INSERT INTO t (a, b) VALUES (?, ?), (?, ?)", "INSERT INTO t (a, b) VALUES (?)"),
        ("UPDATE order_items2 SET a=12.5", "UPDATE order_items2 SET a=?"),
    ],
)
def test_a_text_holds_no_value_and_no_driver(sql: str, text: str) -> None:
    assert describe(sql).text == text


@pytest.mark.parametrize(
    ("sql", "name"),
    [
        ("SELECT a FROM orders JOIN customers ON 1=1", "SELECT orders"),
        ('INSERT INTO "orders" (a) VALUES (?) RETURNING id', "INSERT orders"),
        ("UPDATE orders SET a=? WHERE id IN (SELECT id FROM outbox)", "UPDATE orders"),
        ("DELETE FROM outbox WHERE id = ?", "DELETE outbox"),
        ("PRAGMA journal_mode", "PRAGMA"),
    ],
)
def test_a_statement_is_named_by_what_it_does_to_which_table(sql: str, name: str) -> None:
    assert describe(sql).name == name
