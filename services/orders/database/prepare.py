"""Making a database ready at start: migrated, and filled with a small past when it is empty."""

from sqlalchemy import Connection, text

from services.orders.migrations import HEAD, revision, upgrade

SMALL_PAST_ORDERS = 2_000
_LOCK = 4_726_501  # any number, the same in every process


def prepare(connection: Connection) -> None:
    """Migrate, and seed when there are no products; one process at a time, all or nothing."""
    if revision(connection) == HEAD and not _empty(connection):
        return
    if connection.dialect.name == "sqlite":
        connection.rollback()
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    upgrade(connection)
    if _empty(connection):
        from services.orders.seed import write_seed  # imported late: rarely needed

        write_seed(connection, orders=SMALL_PAST_ORDERS)
    connection.commit()


def _empty(connection: Connection) -> bool:
    return connection.execute(text("SELECT 1 FROM products LIMIT 1")).first() is None
