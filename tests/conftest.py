"""What tests of several parts share."""

from collections.abc import Iterator

import pytest
from postgres import Postgres, running_postgres


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL for tests that are marked `docker`."""
    with running_postgres() as server:
        yield server
