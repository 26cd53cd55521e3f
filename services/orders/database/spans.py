"""A DB span for every statement, and word of the slow ones, from SQLAlchemy's hooks."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, event

from services.chassis import current_trace, record_span
from services.orders.database.statements import Statement, describe


@dataclass(frozen=True, slots=True)
class SlowStatement:
    """A statement that took long, with what is needed to explain it and to log it where it happened."""

    sql: str
    parameters: Any
    statement: Statement
    duration_ms: float
    returned_rows: int
    trace_id: str
    span_id: str


def watch(engine: Engine, system: str, slow_ms: Callable[[], float], on_slow: Callable[[SlowStatement], None]) -> None:
    """Record a span per statement on `engine`; tell `on_slow` of those that took `slow_ms()` or longer."""

    def before(*arguments: Any) -> None:  # connection, cursor, sql, parameters, context, many
        arguments[4].begun = time.time(), time.perf_counter()

    def after(_: Any, cursor: Any, sql: str, parameters: Any, context: Any, many: bool) -> None:
        start_s, before_s = context.begun
        duration_s = time.perf_counter() - before_s
        statement = describe(sql)
        rows = cursor.rowcount if cursor.description else None
        attributes = {
            "db.system.name": system,
            "db.query.text": statement.text,
            "db.operation.name": statement.operation,
            "db.collection.name": statement.table,
            "db.response.returned_rows": rows,
            "peer.service": "database",
        }
        record_span(statement.name, "client", start_s, duration_s, attributes)
        if duration_s * 1000 >= slow_ms() and not many:
            trace = current_trace.get()
            on_slow(
                SlowStatement(
                    sql,
                    parameters,
                    statement,
                    duration_s * 1000,
                    rows or 0,
                    trace.trace_id if trace else "",
                    trace.span_id if trace else "",
                )
            )

    def failed(context: Any) -> None:
        begun = getattr(context.execution_context, "begun", None)
        if begun is None:
            return
        start_s, before_s = begun
        statement = describe(context.statement)
        attributes = {
            "db.system.name": system,
            "db.query.text": statement.text,
            "db.operation.name": statement.operation,
            "db.collection.name": statement.table,
            "peer.service": "database",
            "error.type": type(context.original_exception).__name__,
        }
        record_span(statement.name, "client", start_s, time.perf_counter() - before_s, attributes, "error")

    event.listen(engine, "before_cursor_execute", before, named=False)
    event.listen(engine, "after_cursor_execute", after)
    event.listen(engine, "handle_error", failed)
