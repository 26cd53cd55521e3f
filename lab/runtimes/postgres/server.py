"""The server: its roles, one filled template a size, a copy of it for each run.

`operator` makes and drops databases, `shop` owns them and is who the service logs in as, `reader` can only look.
"""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from psycopg import sql

from lab.core.errors import EnvironmentLacks
from lab.runtimes import dataset
from lab.runtimes.service_files import ServiceFile
from lab.runtimes.site import BUILDING, SHOP, Site

OPERATOR, READER = "operator", "reader"
RUN, TEMPLATE = "run_", "shop_"
"""What the names of databases begin with; and BUILDING."""
READY_WITHIN_S = 60.0
CONNECT_WITHIN_S = 3
logging.getLogger("psycopg").setLevel(logging.ERROR)  # of a server that does not answer, the session's timeline tells
_LOCK = 4_726_511  # any number: whoever builds a template holds it

Connection = psycopg.AsyncConnection[tuple[Any, ...]]


class Server:
    """One PostgreSQL that belongs to the lab alone."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.host, self.port = site.database

    @asynccontextmanager
    async def operator(self, database: str = "postgres") -> AsyncIterator[Connection]:
        """A connection on which every statement commits; EnvironmentLacks when the server cannot do what is asked."""
        try:
            connection = await psycopg.AsyncConnection.connect(
                host=self.host,
                port=self.port,
                dbname=database,
                user=OPERATOR,
                password=self._site.operator_password(),
                client_encoding="UTF8",  # in a database made for ASCII, answers would come as bytes
                connect_timeout=CONNECT_WITHIN_S,
                autocommit=True,
            )
            async with connection:
                yield connection
        except (psycopg.Error, OSError) as error:
            raise unavailable(error) from None

    async def ready(self) -> None:
        """Wait until the server answers, then have the roles there."""
        deadline = asyncio.get_running_loop().time() + READY_WITHIN_S
        while True:
            try:
                async with self.operator() as connection:
                    await self._roles(connection)
                return
            except EnvironmentLacks:
                if asyncio.get_running_loop().time() > deadline:
                    raise
            await asyncio.sleep(0.1)

    async def template(
        self, service: ServiceFile, orders: int, begun: "tuple[str, asyncio.Task[None]] | None" = None
    ) -> str:
        """The name of a filled database with that many orders; the first time it is built, which takes a while.

        `begun` names the database that a program waits to fill; without it, one is started when it is needed.
        """
        name = f"{TEMPLATE}{orders}_{dataset.fingerprint(service)}"
        building, filling = begun or (f"{BUILDING}{secrets.token_hex(4)}", None)
        try:
            async with self.operator() as connection:
                await connection.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
                known = await self._databases(connection, TEMPLATE)
                if name in known:
                    return name
                for unfinished in await self._databases(connection, BUILDING):  # who has the lock is the only builder
                    await self._drop(connection, unfinished)
                for other in known:
                    if not other.endswith(name.rpartition("_")[2]):  # filled by code that is no longer there
                        await self._drop(connection, other)
                filling = filling or asyncio.create_task(dataset.fill_building(self._site, building, service, orders))
                try:
                    await self._build(connection, building, filling)
                    await connection.execute(
                        sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(building), sql.Identifier(name))
                    )
                except BaseException:
                    await asyncio.shield(self._drop(connection, building))
                    raise
            return name
        finally:
            if filling is not None:
                filling.cancel()
                await asyncio.gather(filling, return_exceptions=True)

    async def copy(self, template: str) -> str:
        """A database of its own for a run; its name. The template stays as it is."""
        name = f"{RUN}{secrets.token_hex(4)}"
        async with self.operator() as connection:
            await connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {} STRATEGY FILE_COPY").format(
                    *map(sql.Identifier, (name, template, SHOP))
                )
            )
            await connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name)))
            await connection.execute(
                sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(sql.Identifier(name), sql.Identifier(READER))
            )
        return name

    async def drop(self, name: str) -> None:
        """Remove a run's database, whoever is still connected."""
        async with self.operator() as connection:
            await self._drop(connection, name)

    async def tidy(self) -> None:
        """Remove what runs that have ended left behind."""
        async with self.operator() as connection:
            for name in await self._databases(connection, RUN):
                await self._drop(connection, name)

    async def _roles(self, connection: Connection) -> None:
        passwords: Mapping[str, str] = {SHOP: self._site.shop_password(), READER: self._site.reader_password()}
        for role, password in passwords.items():
            found = await connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,))
            known = await found.fetchone() is not None
            hashed = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
            with contextlib.suppress(psycopg.errors.DuplicateObject):  # somebody else was quicker
                await connection.execute(
                    sql.SQL("{} ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD {}").format(
                        sql.SQL("ALTER" if known else "CREATE"), sql.Identifier(role), sql.Literal(hashed)
                    )
                )

    async def _build(self, connection: Connection, name: str, filling: "asyncio.Task[None]") -> None:
        await connection.execute(
            # sorted by bytes, as SQLite sorts: pages of products come in the same order on both
            sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'").format(
                sql.Identifier(name), sql.Identifier(SHOP)
            )
        )
        await filling
        async with self.operator(name) as inside:
            for statement in (
                "GRANT USAGE ON SCHEMA public TO {reader}",
                "GRANT SELECT ON ALL TABLES IN SCHEMA public TO {reader}",
                "ALTER DEFAULT PRIVILEGES FOR ROLE {shop} IN SCHEMA public GRANT SELECT ON TABLES TO {reader}",
            ):
                await inside.execute(
                    sql.SQL(statement).format(reader=sql.Identifier(READER), shop=sql.Identifier(SHOP))
                )

    async def _databases(self, connection: Connection, prefix: str) -> list[str]:
        found = await connection.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", (prefix,))
        return [str(name) for (name,) in await found.fetchall()]

    async def _drop(self, connection: Connection, name: str) -> None:
        await connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def unavailable(error: Exception) -> EnvironmentLacks:
    """The server does not answer, or could not do what it was asked."""
    said = " ".join(str(error).split()).rstrip(".?")
    if isinstance(error, psycopg.errors.DiskFull):
        return EnvironmentLacks("The disk is full: the shop's database has no room.", "Free some: `docker system df`")
    return EnvironmentLacks(
        f"The shop's database does not do what it is asked: {said}.",
        "See how it is: `docker compose ps db`, `docker compose logs db`",
    )
