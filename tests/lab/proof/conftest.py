"""A run on record, and the scenario it belongs to as far as steps ask."""

import json
from collections.abc import Iterator

import pytest
from fakes_run import BASELINE, INCIDENT, NOW, fill
from fakes_telemetry import T0

from lab.core.clock import ManualClock
from lab.core.window import Window
from lab.proof.recorded import Recorded, recorded
from lab.scenario import find
from lab.telemetry import Store, Telemetry

WINDOWS = {"baseline": BASELINE, "incident": INCIDENT, "load": Window(T0 + 62, T0 + 80)}


@pytest.fixture(scope="session")
def lines(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The run of `fakes_run` as `lab export records` writes it."""
    store = Store(tmp_path_factory.mktemp("run") / "telemetry.db", clock=ManualClock(NOW))
    fill(store)
    records = list(Telemetry(store).export_records(Window(T0 - 10, NOW + 10)))
    store.close()
    return "\n".join(json.dumps(record) for record in records)


@pytest.fixture(scope="session")
def record(lines: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recorded]:
    """The run rebuilt from its export, as a run of rate-limit."""
    folder = tmp_path_factory.mktemp("rebuilt")
    with recorded(lines, find("rate-limit").file, WINDOWS, NOW, folder) as found:
        yield found
