"""Evidence: where it lies, what it says, and why a near miss is one."""

from typing import Any

import pytest
from fakes_run import BASELINE, INCIDENT, run_on
from fakes_telemetry import T0

from lab.core.errors import UsageError
from lab.core.window import Window
from lab.probes import probes
from lab.questions import questions
from lab.questions.refs import metric_ref, read_ref
from lab.telemetry import Telemetry

REFUSALS = {"status_rate": {"edge": "orders->partner", "status": 429}}
QUESTION = questions.read(
    {
        "evidence": {
            "accept": [
                {"log": "event:payment.refused"},
                {"trace": "peer:partner status:429"},
                {"metric": {"status_rate": {"edge": "orders->partner", "status": 429, "above": "0.5/s"}}},
            ],
            "near": [
                {"log": "level:error", "because_not": "It says that checkout failed, not who refused."},
                {"metric": {"error_rate": {"service": "gateway"}}, "because_not": "Errors have many causes."},
            ],
            "because": "only the partner sends this answer",
        }
    }
)


def log_ref(telemetry: Telemetry, query: str, window: Window = INCIDENT) -> str:
    return f"log:{telemetry.logs(query, window, limit=1)[0].id}"


def grade(telemetry: Telemetry, *refs: str, **fields: Any) -> Any:
    cites = {f"E{number}": ref for number, ref in enumerate(refs, 1)}
    return QUESTION.grade(list(cites), run_on(telemetry, cites=cites, **fields))


def test_a_record_that_tells_the_cause_from_its_rivals_is_right(telemetry: Telemetry) -> None:
    found = grade(telemetry, log_ref(telemetry, "event:payment.refused"))
    assert found.verdict == "right"
    assert "only the partner sends this answer" in found.feedback


def test_a_trace_and_a_measured_metric_are_evidence_too(telemetry: Telemetry) -> None:
    trace = telemetry.traces("peer:partner status:429", INCIDENT, limit=1)[0]
    probe = probes.read(REFUSALS)
    assert grade(telemetry, f"trace:{trace.trace_id}").verdict == "right"
    assert grade(telemetry, metric_ref(probe, Window(T0 + 100, T0 + 140))).verdict == "right"
    other = probes.read({"status_rate": {"edge": "gateway->orders", "status": 503}})
    assert grade(telemetry, metric_ref(other, Window(T0 + 100, T0 + 140))).verdict == "wrong"


def test_a_near_miss_explains_itself(telemetry: Telemetry) -> None:
    found = grade(telemetry, log_ref(telemetry, "level:error"))
    assert found.verdict == "wrong"
    assert "not who refused" in found.details[0].text
    probe = probes.read({"error_rate": {"service": "gateway"}})
    assert "many causes" in grade(telemetry, metric_ref(probe, INCIDENT)).details[0].text


def test_a_true_but_irrelevant_record_scores_nothing(telemetry: Telemetry) -> None:
    found = grade(telemetry, log_ref(telemetry, "event:order.paid"))
    assert found.share == 0
    assert "would look the same" in found.details[0].text


def test_a_record_from_before_the_incident_scores_nothing_even_if_it_fits(telemetry: Telemetry) -> None:
    ref = log_ref(telemetry, "event:payment.refused")
    found = QUESTION.grade("E1", run_on(telemetry, {"incident": Window(T0 + 5, T0 + 20)}, cites={"E1": ref}))
    assert found.share == 0
    assert "outside the incident" in found.details[0].text
    probe = probes.read(REFUSALS)
    assert grade(telemetry, metric_ref(probe, BASELINE)).share == 0


def test_padding_good_evidence_with_others_costs(telemetry: Telemetry) -> None:
    good, bad = log_ref(telemetry, "event:payment.refused"), log_ref(telemetry, "event:order.paid")
    found = grade(telemetry, good, bad)
    assert found.share == 0.5
    assert [detail.ok for detail in found.details] == [True, False]


def test_more_than_three_citations_are_refused(telemetry: Telemetry) -> None:
    refs = [f"log:{log.id}" for log in telemetry.logs("event:payment.refused", INCIDENT, limit=4)]
    with pytest.raises(UsageError, match="too many"):
        grade(telemetry, *refs)
    assert grade(telemetry, *refs[:3]).verdict == "right"


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ([], "Nothing is cited"),
        ("", "Nothing is cited"),
        ("E9", "no citation"),
        (None, "list of citations"),
        ([1], "list of citations"),
        ("log:99999999", "not among this run's records"),
        ("log:abc", "not a citation"),
        ("trace:0000", None),
        ("metric:{}", "damaged"),
    ],
)
def test_what_does_not_exist_is_refused_and_costs_nothing(telemetry: Telemetry, answer: Any, says: str | None) -> None:
    with pytest.raises(UsageError, match=says):
        QUESTION.grade(answer, run_on(telemetry))


def test_the_same_record_twice_is_refused(telemetry: Telemetry) -> None:
    ref = log_ref(telemetry, "event:payment.refused")
    with pytest.raises(UsageError, match="cited twice"):
        grade(telemetry, ref, ref)


def test_the_revealed_explanation_shows_a_record_of_this_run(telemetry: Telemetry) -> None:
    truth = QUESTION.truth(run_on(telemetry))
    assert log_ref(telemetry, "event:payment.refused") in truth
    assert "lab logs event:payment.refused" in truth


def test_a_metric_reference_reads_back(telemetry: Telemetry) -> None:
    probe, window = probes.read(REFUSALS), Window(T0 + 0.25, T0 + 60)
    ref = read_ref(metric_ref(probe, window))
    assert (ref.kind, ref.probe, ref.window) == ("metric", probe, window)


def test_a_malformed_search_is_refused_when_the_scenario_is_read() -> None:
    with pytest.raises(ValueError, match="status"):
        questions.read({"evidence": {"accept": [{"log": "status:>=abc"}]}})
    with pytest.raises(ValueError, match="exactly one"):
        questions.read({"evidence": {"accept": [{"log": "a", "trace": "b"}]}})
