"""What tests of several parts share."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from postgres import Postgres, running_postgres

# How long an example takes says more about what else the machine does than about what is tested.
settings.register_profile("faultlab", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("faultlab")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL for tests that are marked `docker`."""
    with running_postgres() as server:
        yield server
