"""Slow SQL: statements without their literals, the most expensive first."""

import pytest
from fakes_telemetry import T0, log, statement, trace_id

from lab.core.window import Window
from lab.telemetry import Store, Telemetry
from lab.telemetry.statements import normalise


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("SELECT * FROM orders WHERE id = 7", "SELECT * FROM orders WHERE id = ?"),
        ("select  a\n from t1 where b='it''s' and c = -1.5e3;", "select a from t1 where b=? and c = ?"),
        ("SELECT 1 -- secret 42", "SELECT ?"),
        ("SELECT /* a\n b */ x2 FROM t WHERE y IN (1, 2,3)", "SELECT x2 FROM t WHERE y IN (?…)"),
        ("SELECT x FROM t WHERE y IN (:one)", "SELECT x FROM t WHERE y IN (?)"),
        ("INSERT INTO t VALUES (1, 'a'), (2, 'b')", "INSERT INTO t VALUES (?…)"),
        ("SELECT a::int FROM t WHERE b = $1 AND c = %(c)s AND d = %s AND e = ?3", None),
        ('SELECT "col 1" FROM t', 'SELECT "col 1" FROM t'),
    ],
)
def test_a_statement_is_known_by_its_shape(written: str, plain: str | None) -> None:
    expected = plain or "SELECT a::int FROM t WHERE b = ? AND c = ? AND d = ? AND e = ?"
    assert normalise(written) == expected
    assert normalise(expected) == expected


def test_statements_are_listed_by_total_time_with_an_example(
    store: Store, telemetry: Telemetry, minute: Window
) -> None:
    store.add_spans([statement(f"SELECT * FROM orders WHERE id = {number}", at=number, ms=2) for number in range(20)])
    store.add_spans(
        [
            statement("SELECT count(*) FROM orders", trace=trace_id(7), at=3, ms=900),
            statement("SELECT count(*) FROM orders", trace=trace_id(8), at=4, ms=100),
            statement("SELECT count(*) FROM orders", trace=trace_id(9), at=200, ms=5000),
        ]
    )
    slow = {"event": "db.slow_query", "severity": "WARN"}
    text = "SELECT count(*) FROM orders"
    store.add_logs(
        [
            log("slow", at=3, db__query__text=text, rows_examined=1000, **slow),
            log("slow", at=4, db__query__text=text, rows_examined=100_000, **slow),
            log("slow", at=200, db__query__text=text, rows_examined=9_999_999, **slow),
            log("slow", at=4, db__query__text=7, rows_examined="many", **slow),
        ]
    )
    first, second = telemetry.slow_sql(minute)
    assert (first.statement, first.calls, first.p95_ms, first.total_ms) == ("SELECT count(*) FROM orders", 2, 900, 1000)
    assert (first.rows_examined, first.example_trace, first.service) == (100_000, trace_id(7), "orders")
    assert (second.statement, second.calls) == ("SELECT * FROM orders WHERE id = ?", 20)
    assert second.rows_examined is None
    assert [one.statement for one in telemetry.slow_sql(minute, limit=1)] == [first.statement]
    assert telemetry.slow_sql(Window(T0 + 900, T0 + 901)) == []
    found = telemetry.trace(trace_id(7)).root
    assert found.attributes["db.query.text"] == "SELECT count(*) FROM orders"
