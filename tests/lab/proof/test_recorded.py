"""A run rebuilt from its export measures what the run itself measures."""

from typing import Any

import pytest
from fakes_run import INCIDENT, NOW, fill

from lab.core.clock import ManualClock
from lab.probes import probes
from lab.proof.recorded import Recorded
from lab.telemetry import Store, Telemetry

ROUTE = {"service": "gateway", "route": "POST /api/v1/orders"}
MEASURES: list[dict[str, Any]] = [
    {"error_rate": ROUTE},
    {"latency": {"edge": "orders->partner", "percentile": 99}},
    {"retries": {"edge": "orders->partner"}},
    {"orders_lost": {}},
    {"customers_affected": {}},
    {"paid": {"within": "15s"}},
    {"paid_after": {}},
    {"pending_age": {}},
    {"log_count": {"where": "service:orders event:payment.refused status:429"}},
]


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Any:
    store = Store(tmp_path_factory.mktemp("original") / "telemetry.db", clock=ManualClock(NOW))
    fill(store)
    yield Telemetry(store)
    store.close()


@pytest.mark.parametrize("written", MEASURES, ids=lambda one: next(iter(one)))
def test_the_record_measures_what_the_run_measured(
    written: dict[str, Any], record: Recorded, original: Telemetry
) -> None:
    probe = probes.read(written)
    assert probe.measure(record.run.telemetry, INCIDENT) == pytest.approx(probe.measure(original, INCIDENT))


def test_facts_are_measured_in_the_record(record: Recorded) -> None:
    assert record.run.facts["checkout_errors"].value == pytest.approx(0.34, abs=0.05)


def test_options_are_lettered_by_the_learners_seed(record: Recorded) -> None:
    question = next(one for one in record.file.questions if one.id == "whose")
    orders = {record.asked(question, seed).options for seed in range(10)}
    assert len(orders) > 3
    assert all(len(one) == 5 for one in orders)
