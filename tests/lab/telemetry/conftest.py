"""A store on a clock that the test moves."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes_telemetry import T0

from lab.core.clock import ManualClock
from lab.core.window import Window
from lab.telemetry import Store, Telemetry


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(T0 + 60)


@pytest.fixture
def store(tmp_path: Path, clock: ManualClock) -> Iterator[Store]:
    store = Store(tmp_path / "telemetry.db", clock=clock)
    yield store
    store.close()


@pytest.fixture
def telemetry(store: Store) -> Telemetry:
    return Telemetry(store)


@pytest.fixture
def minute() -> Window:
    """The minute that begins at T0."""
    return Window(T0, T0 + 60)
