"""Exported collections, run by Postman's own runner against the live shop.

A careful run of a lesson does every step; a careless one loses just the steps that its carelessness is about.
"""

from collections.abc import Callable, Iterator
from typing import Any

import newman
import pytest
from one_console import OneConsole

from lab.scenario import catalog
from lab.scenario.load import load

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]
Change = Callable[[dict[str, Any]], None]


def exercises() -> list[str]:
    """Every shipped lesson with steps to send."""
    paths = sorted(path.parent for path in catalog.shipped_dir().glob("*/scenario.yaml"))
    found = [load(path) for path in paths]
    return [one.id for one in found if any(q.question.answers_itself for q in one.file.questions)]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OneConsole]:
    newman.installed()
    with OneConsole(tmp_path_factory.mktemp("newman") / "home") as lab:
        yield lab


def without_header(name: str) -> Change:
    def change(item: dict[str, Any]) -> None:
        item["request"]["header"] = [one for one in item["request"]["header"] if one["key"] != name]

    return change


def without_patience(item: dict[str, Any]) -> None:
    item["event"] = [event for event in item["event"] if event["listen"] != "prerequest"]


def without_key(environment: dict[str, Any]) -> dict[str, Any]:
    return {**environment, "values": [{**one, "value": ""} for one in environment["values"]]}


def full_marks(lab: OneConsole) -> dict[str, bool]:
    rows = lab.console.get("/api/questions")
    return {row["id"]: row["state"] == "right" and row["earned"] == row["points"] for row in rows}


CARELESS: dict[str, tuple[Change, set[str]]] = {
    "idempotency": (without_header("Idempotency-Key"), {"pay", "again", "other-body"}),
    "rate-limits-by-hand": (without_patience, {"patient"}),
    "api-basics": (without_header("If-None-Match"), {"unchanged", "changed"}),
}
"""Lesson → what is left out of each request, and the steps that are lost by it."""
WITHOUT_KEY = {"without-key", "wrong-verb"}
"""What a run of `first-request` without any key still does."""


@pytest.mark.parametrize("name", exercises())
def test_a_careful_run_does_every_step_and_a_careless_one_loses_what_it_was_careless_about(
    lab: OneConsole, name: str
) -> None:
    lab.start(name)
    made = lab.console.get("/api/export/postman", timeout_s=30)
    collection, environment = made["collection"], made["environment"]
    if name in CARELESS:
        change, lost = CARELESS[name]
        (ran,) = newman.run((newman.changed(collection, change), environment))
        assert {step for step, ticked in lab.steps().items() if not ticked} == lost, ran.failed
        if name == "rate-limits-by-hand":  # the allowance is used up
            lab.start(name)
            made = lab.console.get("/api/export/postman", timeout_s=30)
            collection, environment = made["collection"], made["environment"]
    (ran,) = newman.run((collection, environment))
    assert ran.failed == []
    assert len([one for one in ran.checks if one["skipped"] == "false"]) >= len(newman.items(collection["item"]))
    lab.until(lambda _: all(lab.steps().values()))  # some do themselves, a little later
    asked = {question["question"] for question in lab.console.get("/api/steps")["questions"]}
    lab.until(
        lambda _: all(full for name, full in full_marks(lab).items() if name in asked)
    )  # written down at the next look
    assert "Postman" in {one["client"] for one in lab.console.get("/api/received")}


def test_without_the_environment_nearly_every_step_is_lost_and_the_checks_say_what_to_do(lab: OneConsole) -> None:
    lab.start("first-request")
    made = lab.console.get("/api/export/postman", timeout_s=30)
    (ran,) = newman.run((made["collection"], without_key(made["environment"])))
    assert {step for step, ticked in lab.steps().items() if ticked} == WITHOUT_KEY
    assert any("Choose the environment at the top right" in one for one in ran.failed)


def test_a_request_is_found_by_the_trace_id_that_postman_sent(lab: OneConsole) -> None:
    if lab.console.get("/api/session")["scenario"] != "first-request":
        lab.start("first-request")
    made = lab.console.get("/api/export/postman", timeout_s=30)
    (ran,) = newman.run((made["collection"], made["environment"]))
    ordered = next(one for one in ran.requests if one["method"] == "POST")
    trace_id = ordered["headers"]["traceparent"].split("-")[1]
    lab.steps()
    spans = lab.console.get(f"/api/traces/{trace_id}")["spans"]
    assert any(span["name"] == "POST /v1/charges" for span in spans)
    assert any(trace_id[:8] in line for line in ran.console)


def test_the_whole_api_passes_while_all_is_well_and_checkout_fails_in_words_during_rate_limit(lab: OneConsole) -> None:
    lab.start("rate-limit", until="baseline", windows="learn")  # time for all of it before something breaks
    healthy = lab.console.get("/api/export/postman", timeout_s=30)
    (ran,) = newman.run((healthy["collection"], healthy["environment"]))
    assert lab.console.get("/api/session")["state"] in ("baseline", "breaking")
    assert ran.failed == []
    lab.until(lambda session: session["state"] == "open")
    # no faster than the learner's own key may, or its limit is all one sees
    (ran,) = newman.run((healthy["collection"], healthy["environment"]), iterations=8, pause_ms=120)
    failed = [one for one in ran.checks if one["error"]]
    assert {one["request"] for one in failed} >= {"Check out"}
    assert not {one["request"] for one in failed} & {"List products", "Look a product up", "Find orders"}
    said = next(one["error"] for one in failed if one["request"] == "Check out")
    assert 'The answer is 503 "Payments are busy"' in said
    assert "Retry-After: " in said
    assert "The request is right, the shop failed." in said
