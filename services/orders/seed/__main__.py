"""`python -m services.orders.seed --orders 100000 --out shop.db`: a migrated and filled SQLite file.

With `--url` instead, an empty database that is there already, e.g. `postgresql+psycopg://shop@db/shop`.
"""

import argparse
import os
import sqlite3
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.pool import NullPool

from services.orders.migrations import revision, upgrade
from services.orders.models import METADATA
from services.orders.seed import MOST_ORDERS, get_ready, write_seed

ENVIRONMENT = 4


def main(arguments: Sequence[str] | None = None) -> int:
    """Write it; exit code 4 and one line when the disk or the database does not allow it."""
    parser = argparse.ArgumentParser(prog="python -m services.orders.seed", description=__doc__)
    parser.add_argument("--orders", type=_count, default=100_000, help="how many orders (default 100000)")
    place = parser.add_mutually_exclusive_group(required=True)
    place.add_argument("--out", type=Path, help="the SQLite file to write; replaced if it exists")
    place.add_argument("--url", type=_database, help="the empty database to fill; passwords come by PGPASSFILE")
    parser.add_argument("--wait-s", type=float, default=0.0, help="how long to wait for the database to be there")
    parser.add_argument("--seed", type=int, default=1, help="another seed, other data (default 1)")
    asked = parser.parse_args(arguments)
    try:
        if asked.url is not None:
            fill_database(asked.url, orders=asked.orders, seed=asked.seed, wait_s=asked.wait_s)
        else:
            write_file(asked.out, orders=asked.orders, seed=asked.seed)
    except (OSError, DBAPIError, NotEmpty) as error:
        reason = error.orig if isinstance(error, DBAPIError) else getattr(error, "strerror", None) or error
        said = " ".join(str(reason).split()).rstrip(".?")
        where, remedy = asked.out, "Choose a place with room that you may write to"
        if asked.url is not None:
            where, remedy = asked.url.render_as_string(), "Check that it answers, is empty and has room"
        sys.stderr.write(f"seed: cannot write {where}: {said}. {remedy}.\n")
        return ENVIRONMENT
    return 0


class NotEmpty(Exception):
    """There is something in the database already, which must not be mixed with made-up orders."""


def fill_database(url: URL, *, orders: int, seed: int, wait_s: float = 0.0) -> None:
    """Migrate and fill an empty database, all or nothing; NotEmpty when it is not."""
    engine = create_engine(url, poolclass=NullPool)
    try:
        if wait_s:
            get_ready(orders=orders, seed=seed)
            _wait_for(engine, wait_s)
        with engine.begin() as connection:
            if revision(connection) is not None:
                raise NotEmpty("there are tables in it already")
            upgrade(connection)
            write_seed(connection, orders=orders, seed=seed)
        # what the planner goes by; the shop's tables alone, for those of the server are not the shop's to tidy up
        tables = ", ".join(METADATA.tables)
        with engine.connect() as connection:  # and alone, since VACUUM allows no transaction
            connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql(f"VACUUM ANALYZE {tables}")
    finally:
        engine.dispose()


def _wait_for(engine: Engine, seconds: float) -> None:
    """Until one can log in; whoever comes later than that is told why by the next attempt."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            engine.connect().close()
            return
        except DBAPIError:
            time.sleep(0.05)


def write_file(out: Path, *, orders: int, seed: int) -> None:
    """Build the file under another name beside `out`, then put it in place: `out` is whole or untouched."""
    building = out.with_name(f".{out.name}.{os.getpid()}.tmp")
    building.touch()  # says in plain words what is wrong with the folder
    engine = create_engine(URL.create("sqlite", database=str(building)), poolclass=NullPool)
    event.listen(engine, "connect", _no_journal)
    try:
        with engine.begin() as connection:
            upgrade(connection)
            write_seed(connection, orders=orders, seed=seed)
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA analysis_limit=400")
            connection.exec_driver_sql("ANALYZE")
            connection.commit()
        building.replace(out)
    finally:
        engine.dispose()
        building.unlink(missing_ok=True)


def _no_journal(connection: sqlite3.Connection, record: object) -> None:  # noqa: ARG001 - SQLAlchemy's signature
    """A half-written file is thrown away, so nothing needs undoing: twice as fast."""
    for pragma in (
        "journal_mode=OFF",
        "synchronous=OFF",
        "locking_mode=EXCLUSIVE",
        "temp_store=MEMORY",
        "cache_size=-65536",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _database(value: str) -> URL:
    try:
        url = make_url(value.replace("+aiosqlite", ""))
        url.get_dialect()
    except (ArgumentError, NoSuchModuleError) as error:
        raise argparse.ArgumentTypeError(f"write it like postgresql+psycopg://shop@127.0.0.1/shop: {error}") from None
    return url


def _count(value: str) -> int:
    number = int(value)
    if not 0 <= number <= MOST_ORDERS:
        raise argparse.ArgumentTypeError(f"give a number from 0 to {MOST_ORDERS}")
    return number


if __name__ == "__main__":
    sys.exit(main())
