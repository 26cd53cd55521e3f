"""What a statement had to look at: its plan and the rows it examined."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

RowCount = Callable[[AsyncConnection, str], Awaitable[int]]

_SCAN = re.compile(r"^SCAN (?:TABLE )?(\w+)")
_SEARCH = re.compile(r"^SEARCH (?:TABLE )?(\w+) USING .*\((.+)\)$")
_BOUND = re.compile(r"(\w+)(=|>|<)\?")
_STATEMENT_TIMEOUT_MS = 10_000


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan in words, a step per line, and how many rows it examines; None when nobody can tell."""

    text: str
    rows_examined: int | None


async def explain_sqlite(
    connection: AsyncConnection, sql: str, parameters: Any, returned_rows: int, table_rows: RowCount
) -> Plan:
    """EXPLAIN QUERY PLAN and the rows each step looks at: a SCAN the whole table, a SEARCH what its index finds.

    SQLite counts no rows itself, so this is what the statement looks at unless a LIMIT ends it early.
    """
    # a read makes the connection notice new indexes; EXPLAIN alone plans by the tables as it knew them
    await connection.exec_driver_sql("SELECT 1 FROM sqlite_schema LIMIT 1")
    found = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", parameters)
    steps = [str(detail) for *_, detail in found.all()]
    examined = 0
    for step in steps:
        if scanned := _SCAN.match(step):
            examined += await table_rows(connection, scanned[1])
        elif searched := _SEARCH.match(step):
            examined += await _searched_rows(connection, sql, parameters, searched, returned_rows)
    return Plan("\n".join(steps), examined)


async def _searched_rows(
    connection: AsyncConnection, sql: str, parameters: Any, searched: re.Match[str], returned_rows: int
) -> int:
    """How many rows the index finds for the values of this statement; those returned if it finds by a join."""
    table, bounds = searched[1], _BOUND.findall(searched[2])
    conditions, values = [], []
    for column, sign in bounds:
        given = re.search(rf"\b{table}\.{column} ({sign}=?) \?|\({table}\.{column}, [^)]*\) ({sign}) \(\?", sql)
        if given is None:
            return max(1, returned_rows)
        conditions.append(f"{column} {given[1] or given[2] + '='} ?")
        values.append(parameters[sql.count("?", 0, given.end() - 1)])
    found = await connection.exec_driver_sql(
        f"SELECT count(*) FROM {table} WHERE {' AND '.join(conditions)}",  # noqa: S608 - names of the plan
        tuple(values),
    )
    return int(found.scalar_one())


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
