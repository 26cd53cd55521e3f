"""The database: a bounded pool whose size is a setting, sessions on it, a span for every statement."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import TypeVar

from prometheus_client import Gauge
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import Session
from sqlmodel.ext.asyncio.session import AsyncSession

from services.chassis import Pool, Problem, log, record_span
from services.orders.database.engines import DatabaseUnavailable, make_engine
from services.orders.database.prepare import prepare
from services.orders.database.slow import SlowStatements
from services.orders.database.spans import watch
from services.orders.settings import Orders, Settings

__all__ = ["Database", "DatabaseBusy"]
R = TypeVar("R")
_ALONE = 4_726_502  # any number, the same in every process


class DatabaseBusy(Problem):
    """Every connection stayed in use for too long."""

    def __init__(self, size: int, waited_ms: float) -> None:
        super().__init__(
            503,
            "database-busy",
            "The shop is busy",
            f"No database connection came free within {waited_ms:.0f} ms (all {size} in use). Try again shortly.",
            headers={"Retry-After": "1"},
        )


class Database:
    """Sessions on at most `db_pool_size` connections; who waits longer than `db_pool_timeout_ms` gets DatabaseBusy.

    Waiting happens in front of the engine, first come first served, so that it can be seen and its limits changed.
    """

    def __init__(self, service: Orders) -> None:
        self._service = service
        self._url = service.boot.database_url
        self._gate = Pool(lambda: service.settings.db_pool_size)
        self._size = service.settings.db_pool_size
        self._explaining = make_engine(self._url, 1)
        self._slow = SlowStatements(self._explaining, service.telemetry)
        self._engine = self._make_engine(self._size)
        self._in_use: dict[AsyncEngine, int] = {self._engine: 0}
        self._tasks: set[asyncio.Task[None]] = set()
        service.live.on_change(self._use)
        registry = service.metrics.registry
        Gauge("db_pool_in_use", "Database connections in use.", registry=registry).set_function(
            lambda: self._gate.in_use
        )
        Gauge("db_pool_size", "Database connections allowed.", registry=registry).set_function(
            lambda: self._gate.size()
        )
        Gauge("db_pool_waiting", "Requests waiting for a database connection.", registry=registry).set_function(
            lambda: self._gate.waiting
        )

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._engine.dialect.name

    async def alone(self) -> bool:
        """Whether no other process works on this database: on PostgreSQL whoever asks first, for as long as it lives.

        The lock belongs to a connection that stays open, so it is gone with the process, however that ends.
        """
        if self.dialect == "sqlite":
            return True
        async with self._explaining.connect() as connection:
            found = await connection.execute(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": _ALONE})
            return bool(found.scalar_one())

    @asynccontextmanager
    async def opened(self) -> AsyncIterator["Database"]:
        """Make the tables ready; close every connection at the end."""
        try:
            async with self._explaining.connect() as connection:
                await connection.run_sync(prepare)
        except DBAPIError as error:
            await self._explaining.dispose()
            raise DatabaseUnavailable(error.orig) from error
        explaining = asyncio.create_task(self._slow.run())
        try:
            yield self
        finally:
            explaining.cancel()
            with suppress(asyncio.CancelledError):
                await explaining
            for engine in [self._explaining, *self._in_use]:
                await engine.dispose()

    async def read(self, work: Callable[[Connection], R], *, wait_ms: float | None = None) -> R:
        """Do the work on a connection of the pool; `wait_ms` overrides the setting."""

        def unit(session: Session) -> R:
            try:
                return work(session.connection())
            finally:
                session.close()

        async with self.lease(wait_ms=wait_ms) as session:
            return await session.run_sync(unit)

    async def write(self, work: Callable[[Connection], R], *, wait_ms: float | None = None) -> R:
        """Do the work in a transaction, which is committed if it succeeds; `wait_ms` overrides the setting."""

        def unit(session: Session) -> R:
            try:
                done = work(session.connection())
                session.commit()
                return done
            finally:
                session.close()

        async with self.lease(wait_ms=wait_ms) as session:
            return await session.run_sync(unit)

    @asynccontextmanager
    async def lease(self, *, wait_ms: float | None = None) -> AsyncIterator[AsyncSession]:
        """A session and the right to one connection until the block ends; `wait_ms` overrides the setting.

        Work is done by `session.run_sync`: entering the asynchronous world once per transaction, not once per
        statement, halves what a statement costs.
        """
        await self._enter(self._service.settings.db_pool_timeout_ms if wait_ms is None else wait_ms)
        engine = self._engine
        self._in_use[engine] += 1
        session = AsyncSession(engine, expire_on_commit=False, autoflush=False)
        try:
            yield session
        finally:
            if session.in_transaction():
                await session.close()
            self._in_use[engine] -= 1
            self._gate.release()
            if engine is not self._engine and not self._in_use[engine]:
                self._retire(engine)

    async def _enter(self, timeout_ms: float) -> None:
        start_s, before = time.time(), time.perf_counter()
        try:
            await self._gate.acquire(timeout_ms / 1000)
        except TimeoutError:
            waited_ms = (time.perf_counter() - before) * 1000
            self._wait_span(start_s, waited_ms / 1000, failed=True)
            busy = DatabaseBusy(self._gate.size(), waited_ms)
            log.warn(
                "db.pool_timeout",
                f"No database connection came free within {waited_ms:.0f} ms",
                {
                    "peer.service": "database",
                    "pool.size": self._gate.size(),
                    "pool.waiting": self._gate.waiting,
                    "waited_ms": round(waited_ms, 1),
                },
            )
            raise busy from None
        waited_s = time.perf_counter() - before
        if waited_s > 0.001:
            self._wait_span(start_s, waited_s, failed=False)

    def _wait_span(self, start_s: float, waited_s: float, *, failed: bool) -> None:
        record_span(
            "wait for database connection",
            "internal",
            start_s,
            waited_s,
            {"peer.service": "database", "pool.size": self._gate.size(), "pool.waiting": self._gate.waiting},
            "error" if failed else "unset",
        )

    def _make_engine(self, size: int) -> AsyncEngine:
        engine = make_engine(self._url, size)
        system = engine.dialect.name
        watch(engine.sync_engine, system, lambda: self._service.settings.slow_query_ms, self._slow.put)
        return engine

    def _use(self, settings: Settings) -> None:
        """Another pool size: new sessions get a new engine, the old one closes when its last session ends."""
        if settings.db_pool_size == self._size:
            return
        old, self._size = self._engine, settings.db_pool_size
        self._engine = self._make_engine(self._size)
        self._in_use[self._engine] = 0
        if not self._in_use[old]:
            self._retire(old)

    def _retire(self, engine: AsyncEngine) -> None:
        if self._in_use.pop(engine, None) is None:
            return
        task = asyncio.create_task(engine.dispose())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
