"""What tests of several parts share."""

import signal
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from postgres import Postgres, running_postgres

# How long an example takes says more about what else the machine does than about what is tested.
settings.register_profile("faultlab", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("faultlab")
# A shell starts what is in the background deaf to Ctrl-C, and whatever that starts is deaf as well.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL for tests that are marked `docker`."""
    with running_postgres() as server:
        yield server
