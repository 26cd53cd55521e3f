"""How the tables came to be: Alembic revisions, and `upgrade`, which runs those a database lacks."""

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, inspect, text

HEAD = "0001"


def revision(connection: Connection) -> str | None:
    """The revision the database is at; None when it was never migrated."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
    return None if found is None else str(found)


def upgrade(connection: Connection, to: str = "head") -> None:
    """Bring the database to revision `to`; a database that is there already costs one query."""
    if to == "head" and revision(connection) == HEAD:
        return
    from alembic import command  # imported late: a database that is up to date never needs it
    from alembic.config import Config

    command.upgrade(_config(connection, Config()), to)


def _config(connection: Connection, config: Any) -> Any:
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
