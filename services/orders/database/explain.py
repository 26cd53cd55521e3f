"""What a statement had to look at: its plan and the rows it examined."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

RowCount = Callable[[AsyncConnection, str], Awaitable[int]]
_SCAN = re.compile(r"^SCAN (?:TABLE )?(\w+)")
_SEARCH = re.compile(r"^SEARCH ")
_STATEMENT_TIMEOUT_MS = 10_000


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan in words, a step per line, and how many rows it examines; None when nobody can tell."""

    text: str
    rows_examined: int | None


async def explain_sqlite(
    connection: AsyncConnection, sql: str, parameters: Any, returned_rows: int, count: RowCount
) -> Plan:
    """EXPLAIN QUERY PLAN: a SCAN examines the whole table (at most: LIMIT may end it early), a SEARCH what it finds."""
    found = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", parameters)
    steps = [str(detail) for *_, detail in found.all()]
    examined = 0
    for step in steps:
        scanned = _SCAN.match(step)
        if scanned is not None:
            examined += await count(connection, scanned[1])
        elif _SEARCH.match(step):
            examined += max(1, returned_rows)
    return Plan("\n".join(steps), examined)


async def explain_postgresql(connection: AsyncConnection, sql: str, parameters: Any) -> Plan:
    """EXPLAIN ANALYZE of a SELECT, which runs it again; other statements are planned but never run."""
    analyze = sql.lstrip()[:6].upper() == "SELECT" and "FOR UPDATE" not in sql.upper()
    await connection.exec_driver_sql(f"SET LOCAL statement_timeout = {_STATEMENT_TIMEOUT_MS}")
    found = await connection.exec_driver_sql(f"EXPLAIN ({'ANALYZE, ' if analyze else ''}FORMAT JSON) {sql}", parameters)
    root = found.scalar_one()[0]["Plan"]
    steps: list[str] = []
    examined = _walk(root, 0, steps)
    return Plan("\n".join(steps), examined if analyze else None)


def _walk(node: dict[str, Any], depth: int, steps: list[str]) -> int:
    """Write the node and those below into `steps`; how many rows its scans looked at."""
    table, index = node.get("Relation Name"), node.get("Index Name")
    words = [node["Node Type"], f"on {table}" if table else "", f"using {index}" if index else ""]
    steps.append("  " * depth + " ".join(word for word in words if word))
    examined = 0
    if table:
        kept = node.get("Actual Rows", 0)
        removed = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
        examined = round((kept + removed) * node.get("Actual Loops", 1))
    return examined + sum(_walk(child, depth + 1, steps) for child in node.get("Plans", ()))
