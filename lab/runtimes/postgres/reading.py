"""Read-only SQL on PostgreSQL: one statement, limited in time and rows, by a role that can only look."""

import re
import time
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg

from lab.core.errors import UsageError
from lab.runtimes.postgres.server import CONNECT_WITHIN_S, READER, Connection, unavailable
from lab.runtimes.rows import TIME_LIMIT_S, Rows, Table, Taken, statement_of, writable
from lab.runtimes.site import Site

_TABLES = """
    SELECT table_name, column_name, data_type, character_maximum_length
    FROM information_schema.columns
    WHERE table_schema = 'public' AND table_name <> 'alembic_version'
    ORDER BY table_name, ordinal_position
"""
_PLACEHOLDER = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|(\?)""")
_REFUSED = (
    psycopg.errors.InsufficientPrivilege,
    psycopg.errors.ReadOnlySqlTransaction,
    psycopg.errors.ActiveSqlTransaction,
)


async def run(site: Site, database: str, query: str, *, explain: bool = False) -> Rows:
    """Run one statement; UsageError when it does not only read, takes too long or is wrong.

    With `explain` a statement as telemetry shows it, `?` for each value, is planned and not run.
    """
    statement = statement_of(query)
    async with await _connected(site, database) as connection:
        try:
            general = _numbered(statement)
            if explain and general != statement:
                return await _planned(connection, general)
            seen = None
            if explain:
                seen = await _lines(connection, f"EXPLAIN (ANALYZE, COSTS OFF, SUMMARY OFF) {statement}")
            return await _answer(connection, statement, seen)
        except psycopg.Error as error:
            raise _explained(error) from None


async def tables(site: Site, database: str) -> list[Table]:
    """Every table but the migrations' own, by name."""
    found: dict[str, list[tuple[str, str]]] = {}
    async with await _connected(site, database) as connection:
        for table, column, kind, length in await (await connection.execute(_TABLES)).fetchall():
            found.setdefault(table, []).append((column, f"{kind}({length})" if length else kind))
    return [Table(name, columns) for name, columns in found.items()]


async def _connected(site: Site, database: str) -> Connection:
    host, port = site.database
    try:
        return await psycopg.AsyncConnection.connect(
            host=host,
            port=port,
            dbname=database,
            user=READER,
            password=site.reader_password(),
            connect_timeout=CONNECT_WITHIN_S,
            options=f"-c default_transaction_read_only=on -c statement_timeout={TIME_LIMIT_S * 1000:.0f}",
        )
    except (psycopg.Error, OSError) as error:
        raise unavailable(error) from None


async def _planned(connection: Connection, general: str) -> Rows:
    """How a statement would be run, whatever its values are."""
    started = time.perf_counter()
    # in the protocol that takes one statement only, which the next line's does not
    await connection.execute(f"PREPARE it AS {general}".encode(), prepare=True)
    found = await connection.execute(f"EXPLAIN (GENERIC_PLAN, COSTS OFF) {general}".encode())
    plan = [str(line) for (line,) in await found.fetchall()]
    return Rows([], [], False, (time.perf_counter() - started) * 1000, plan)


async def _lines(connection: Connection, statement: str) -> list[str]:
    # streamed: unlike plain execution, that takes one statement only
    async with connection.cursor() as cursor:
        return [str(line) async for (line,) in cursor.stream(statement.encode())]


async def _answer(connection: Connection, statement: str, plan: list[str] | None) -> Rows:
    started = time.perf_counter()
    taken = Taken()
    async with connection.cursor() as cursor:
        answers = cursor.stream(statement.encode())
        async for row in answers:
            if not taken.add([_plain(value) for value in row]):
                break
        elapsed_ms = (time.perf_counter() - started) * 1000
        columns = [column.name for column in cursor.description or ()]
        await answers.aclose()  # type: ignore[attr-defined]  # an asynchronous generator
    return Rows(columns, taken.rows, taken.truncated, elapsed_ms, plan)


def _numbered(statement: str) -> str:
    """`?` as PostgreSQL writes placeholders; those within quotes stay."""
    count = 0

    def number(match: re.Match[str]) -> str:
        nonlocal count
        if match[1] is None:
            return match[0]
        count += 1
        return f"${count}"

    return _PLACEHOLDER.sub(number, statement)


def _plain(value: Any) -> Any:
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return writable(value)
        case Decimal():
            whole = value.is_finite() and value == value.to_integral_value()
            return int(value) if whole else writable(float(value))
        case datetime():
            return value.isoformat(" ")
        case date() | timedelta():
            return str(value)
        case bytes() | memoryview():
            return bytes(value).hex()
        case list() | dict():
            return value
    return str(value)


def _explained(error: psycopg.Error) -> UsageError:
    if isinstance(error, psycopg.errors.QueryCanceled):
        return UsageError(
            f"The query took longer than {TIME_LIMIT_S:.0f} seconds and was stopped.",
            "Add a LIMIT, or filter on an indexed column.",
        )
    if isinstance(error, _REFUSED) or "didn't produce a result" in str(error):
        return UsageError("Only reading is allowed here.", "Write a SELECT; fixes go through: `lab fix`")
    said = error.diag.message_primary or " ".join(str(error).split()) or type(error).__name__
    if "multiple commands" in said:
        return UsageError("Only one statement at a time.", "Remove everything after the first semicolon.")
    more = f" {error.diag.message_hint}" if error.diag.message_hint else ""
    return UsageError(f"The database refused the query: {said}.{more}", "See tables and columns: `lab sql --tables`")
