"""Engines for both databases: the same URL forms, the settings each needs."""

from typing import Any

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from services.orders.database.one_hop import connect


class DatabaseUnavailable(Exception):
    """The database cannot be used at all."""

    def __init__(self, why: object) -> None:
        said = " ".join(str(why).split()).rstrip(".?")
        super().__init__(
            f"the database does not open: {said}. Check DATABASE_URL, and that its place may be written to"
        )


def make_engine(url: str, pool_size: int) -> AsyncEngine:
    """An engine with at most `pool_size` connections; it opens none yet."""
    try:
        sqlite = make_url(url).get_backend_name() == "sqlite"
        arguments: dict[str, Any] = {"async_creator_fn": connect} if sqlite else {"application_name": "orders"}
        return create_async_engine(url, pool_size=pool_size, max_overflow=0, pool_use_lifo=True, connect_args=arguments)
    except (ArgumentError, NoSuchModuleError, ImportError) as error:
        raise DatabaseUnavailable(error) from error
