"""Run by Alembic; `upgrade` gives the connection, the `alembic` command lets it be made from DATABASE_URL."""

import os

from alembic import context
from sqlalchemy import Connection, create_engine

from services.orders.models import METADATA


def run(connection: Connection) -> None:
    """Migrate in one transaction; SQLite alters a table by making it anew (batch mode)."""
    context.configure(
        connection=connection,
        target_metadata=METADATA,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_server_default=True,
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    engine = create_engine(os.environ["DATABASE_URL"].replace("+aiosqlite", ""))
    with engine.connect() as connection:
        run(connection)
    engine.dispose()
