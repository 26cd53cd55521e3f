"""One filled store for all question tests: grading never changes it."""

from collections.abc import Iterator

import pytest
from fakes_run import NOW, fill, run_on

from lab.core.clock import ManualClock
from lab.questions import Run
from lab.telemetry import Store, Telemetry


@pytest.fixture(scope="module")
def telemetry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Telemetry]:
    store = Store(tmp_path_factory.mktemp("run") / "telemetry.db", clock=ManualClock(NOW))
    fill(store)
    yield Telemetry(store)
    store.close()


@pytest.fixture
def run(telemetry: Telemetry) -> Run:
    return run_on(telemetry)
