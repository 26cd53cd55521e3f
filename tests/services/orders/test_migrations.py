"""Migrations: they make what the models say, up and down, all or nothing."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import IntegrityError

from services.orders.database.prepare import SMALL_PAST_ORDERS, prepare
from services.orders.migrations import HEAD, _config, revision, upgrade
from services.orders.models import METADATA, STATUSES


@pytest.fixture
def connection(new_data: Callable[[], Any]) -> Iterator[Connection]:
    """A connection to an empty database."""
    with new_data().engine.connect() as connection:
        yield connection


def test_from_empty_they_make_what_the_models_say(connection: Connection) -> None:
    upgrade(connection)
    context = MigrationContext.configure(connection, opts={"compare_server_default": True})
    assert compare_metadata(context, METADATA) == []
    assert revision(connection) == HEAD


def test_the_newest_revision_is_the_one_the_service_expects(connection: Connection) -> None:
    assert ScriptDirectory.from_config(_config(connection, Config())).get_heads() == [HEAD]


def test_down_they_leave_nothing(connection: Connection) -> None:
    upgrade(connection)
    command.downgrade(_config(connection, Config()), "base")
    assert inspect(connection).get_table_names() == ["alembic_version"]
    upgrade(connection)
    assert revision(connection) == HEAD


def test_preparing_seeds_an_empty_database_once(connection: Connection) -> None:
    prepare(connection)
    prepare(connection)
    count = connection.execute(text("SELECT count(*) FROM orders")).scalar_one()
    assert count == SMALL_PAST_ORDERS


def test_a_preparation_that_fails_leaves_nothing(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise OSError("no room")

    monkeypatch.setattr("services.orders.seed.write_seed", broken)
    with pytest.raises(OSError, match="no room"):
        prepare(connection)
    connection.rollback()
    assert inspect(connection).get_table_names() == []


def test_the_database_refuses_a_status_nobody_knows(connection: Connection) -> None:
    prepare(connection)
    for status in STATUSES:
        connection.execute(text("UPDATE orders SET status = :status WHERE id = 1"), {"status": status})
    with pytest.raises(IntegrityError, match=r"(?i)check"):
        connection.execute(text("UPDATE orders SET status = 'lost' WHERE id = 1"))
