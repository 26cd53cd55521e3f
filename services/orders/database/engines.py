"""Engines for both databases: the same URL forms, the settings each needs."""

from typing import Any

from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from services.orders.database.one_hop import connect


def make_engine(url: str, pool_size: int) -> AsyncEngine:
    """An engine with at most `pool_size` connections; it opens none yet."""
    arguments: dict[str, Any] = (
        {"async_creator_fn": connect}
        if make_url(url).get_backend_name() == "sqlite"
        else {"application_name": "orders"}
    )
    return create_async_engine(url, pool_size=pool_size, max_overflow=0, pool_use_lifo=True, connect_args=arguments)
