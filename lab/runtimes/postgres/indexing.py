"""Indexes of a run's PostgreSQL database: found, made and removed while the shop works with it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg
from psycopg import sql

from lab.core.system import Index
from lab.runtimes.postgres.server import Connection, Server
from lab.runtimes.site import SHOP
from lab.runtimes.sqlite_indexes import refused

_PLAIN = """
    SELECT name.relname, owner.relname, array_agg(part.attname ORDER BY place.number)
    FROM pg_index JOIN pg_class name ON name.oid = indexrelid JOIN pg_class owner ON owner.oid = indrelid
    JOIN unnest(indkey) WITH ORDINALITY place(attribute, number) ON true
    JOIN pg_attribute part ON part.attrelid = indrelid AND part.attnum = place.attribute
    WHERE owner.relnamespace = 'public'::regnamespace AND NOT indisunique AND indexprs IS NULL AND indisvalid
    GROUP BY 1, 2 ORDER BY 1
"""


async def found(server: Server, database: str) -> list[Index]:
    """The indexes that somebody made, by name; not those of keys and unique columns, nor those of expressions."""
    async with _as_shop(server, database) as connection:
        rows = await (await connection.execute(_PLAIN)).fetchall()
        return [Index(name, table, tuple(columns)) for name, table, columns in rows]


async def create(server: Server, database: str, index: Index) -> None:
    """Make it, unless there is one of that name; writers don't wait. LabError when a table or column does not exist."""
    async with _as_shop(server, database) as connection:
        statement = sql.SQL("CREATE INDEX CONCURRENTLY IF NOT EXISTS {} ON {} ({})").format(
            sql.Identifier(index.name),
            sql.Identifier(index.table),
            sql.SQL(", ").join(map(sql.Identifier, index.columns)),
        )
        try:
            await connection.execute(statement)
        except BaseException:  # what was begun concurrently stays, invalid, unless it is removed
            if not connection.closed:
                await _drop(connection, index.name)
            raise


async def drop(server: Server, database: str, name: str) -> None:
    """Remove it, if it is there."""
    async with _as_shop(server, database) as connection:
        await _drop(connection, name)


async def _drop(connection: Connection, name: str) -> None:
    await connection.execute(sql.SQL("DROP INDEX IF EXISTS {}").format(sql.Identifier(name)))


@asynccontextmanager
async def _as_shop(server: Server, database: str) -> AsyncIterator[Connection]:
    """The operator's connection in the role of the tables' owner, so that what is made belongs to the shop."""
    async with server.operator(database) as connection:
        try:
            await connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(SHOP)))
            yield connection
        except psycopg.errors.ProgrammingError as error:  # no such table, column …
            raise refused(error.diag.message_primary or error) from None
