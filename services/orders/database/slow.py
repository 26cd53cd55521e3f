"""Slow statements are explained and logged after the request, on a connection of their own."""

import asyncio
import time
from collections import deque

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.chassis.telemetry import Telemetry
from services.orders.database.explain import Plan, explain_postgresql, explain_sqlite
from services.orders.database.spans import SlowStatement

_MOST_WAITING = 200
_PLAN_KEPT_S = 5.0
_COUNT_KEPT_S = 60.0
_MOST_PLANS = 64


class SlowStatements:
    """Logs `db.slow_query` for each statement put in; one that repeats is explained once in a while."""

    def __init__(self, engine: AsyncEngine, telemetry: Telemetry) -> None:
        self._engine = engine
        self._telemetry = telemetry
        self._waiting: deque[SlowStatement] = deque()
        self._wake = asyncio.Event()
        self._plans: dict[str, tuple[float, Plan]] = {}
        self._counts: dict[str, tuple[float, int]] = {}

    def put(self, slow: SlowStatement) -> None:
        """Take note; never waits. Beyond a limit the newest is forgotten."""
        if len(self._waiting) < _MOST_WAITING:
            self._waiting.append(slow)
            self._wake.set()

    async def run(self) -> None:
        """Explain and log until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                slow = self._waiting.popleft()
                try:
                    self._log(slow, await self._plan(slow))
                except SQLAlchemyError as error:  # the statement was slow all the same
                    self._log(slow, Plan(f"not explained: {type(error).__name__}", None))

    async def _plan(self, slow: SlowStatement) -> Plan:
        known = self._plans.get(slow.statement.text)
        if known is not None and known[0] > time.monotonic():
            return known[1]
        async with self._engine.connect() as connection:
            if connection.dialect.name == "sqlite":
                plan = await explain_sqlite(connection, slow.sql, slow.parameters, slow.returned_rows, self._count)
            else:
                plan = await explain_postgresql(connection, slow.sql, slow.parameters)
        if len(self._plans) >= _MOST_PLANS:
            self._plans.clear()
        self._plans[slow.statement.text] = time.monotonic() + _PLAN_KEPT_S, plan
        return plan

    async def _count(self, connection: AsyncConnection, table: str) -> int:
        known = self._counts.get(table)
        if known is not None and known[0] > time.monotonic():
            return known[1]
        found = await connection.execute(text(f'SELECT count(*) FROM "{table}"'))  # noqa: S608 - named by the plan
        rows = int(found.scalar_one())
        self._counts[table] = time.monotonic() + _COUNT_KEPT_S, rows
        return rows

    def _log(self, slow: SlowStatement, plan: Plan) -> None:
        examined = "" if plan.rows_examined is None else f", {plan.rows_examined} rows examined"
        self._telemetry.log(
            "db.slow_query",
            f"{slow.statement.name} took {slow.duration_ms:.0f} ms{examined}",
            {
                "db.query.text": slow.statement.text,
                "db.operation.name": slow.statement.operation,
                "db.collection.name": slow.statement.table,
                "duration_ms": round(slow.duration_ms, 1),
                "rows_examined": plan.rows_examined,
                "db.response.returned_rows": slow.returned_rows,
                "plan": plan.text,
            },
            "WARN",
            slow.trace_id,
            slow.span_id,
        )
