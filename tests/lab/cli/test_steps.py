"""`lab steps`: what it says while requests arrive."""

import copy
from typing import Any

import fakes_console_answers as canned
import pytest
from fakes_console import FakeConsole
from lab_on_fakes import Lab

from lab.cli.commands import steps


def done(notice: str = "201 Created.") -> dict[str, Any]:
    """Every step done."""
    found = copy.deepcopy(canned.STEPS)
    last = found["questions"][0]["steps"][1]
    last |= {"done": True, "hint": "", "notice": notice, "by": {**canned.RECEIVED[0], "method": "POST"}}
    found["questions"][0] |= {"done": 2, "earned": 60.0, "state": "right"}
    return found


def test_watching_tells_each_step_as_it_is_done_and_ends_with_the_last(
    lab: Lab, console: FakeConsole, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "POLL_S", 0.0)
    answers = [canned.STEPS, canned.STEPS, done()]
    console.answers["GET", "/api/steps"] = lambda _given: answers.pop(0) if len(answers) > 1 else answers[0]
    said = lab("steps", "--watch")
    assert said.code == 0
    assert "✓ order: 22:13:00 POST /api/v1/products?roast=light → 200 from Postman" in said.err
    assert "2 of 2 steps done" in said.out
    assert "lab diagnose" in said.err


def test_a_lesson_without_steps_says_what_to_do_instead(lab: Lab, console: FakeConsole) -> None:
    console.answers["GET", "/api/steps"] = {"questions": []}
    said = lab("steps")
    assert said.code == 2
    assert "lab diagnose" in said.err


def test_nothing_received_yet_leads_on(lab: Lab, console: FakeConsole) -> None:
    console.answers["GET", "/api/received"] = []
    assert "lab request GET /api/v1/products" in lab("steps", "--received").err


def test_only_one_view_at_a_time(lab: Lab, console: FakeConsole) -> None:
    assert lab("steps", "order", "--watch").code == 2


def test_another_key_is_sent_by_its_name(lab: Lab, console: FakeConsole) -> None:
    lab("request", "GET", "/api/v1/orders", "--key", "support")
    lab("request", "GET", "/api/v1/orders", "--no-key")
    sent = [given["key"] for method, path, given in console.requests if path == "/api/request"]
    assert sent == ["support", False]


def test_a_broken_body_is_sent_when_asked_for(lab: Lab, console: FakeConsole) -> None:
    assert lab("request", "POST", "/api/v1/orders", "--body", "{oops").code == 2
    assert lab("request", "POST", "/api/v1/orders", "--body", "{oops", "--raw").code == 0
    assert console.requests[-1][2]["body"] == "{oops"


@pytest.mark.parametrize(("body", "sends"), [('"hello"', '"hello"'), ("null", "null"), ("7", "7"), ("[1]", [1])])
def test_any_json_is_sent_as_it_was_written(body: str, sends: Any, lab: Lab, console: FakeConsole) -> None:
    assert lab("request", "POST", "/api/v1/orders", "--body", body).code == 0
    assert console.requests[-1][2]["body"] == sends


def test_what_an_earlier_answer_held_is_asked_for_by_name(lab: Lab, console: FakeConsole) -> None:
    found = copy.deepcopy(canned.STEPS)
    first, second, *_ = found["questions"][0]["steps"]
    first["keeps"] = ["charge_id"]
    second["command"] = "lab request GET /v1/charges/{{charge_id}} --to sandbox"
    console.answers["GET", "/api/steps"] = found
    said = " ".join(lab("steps", second["id"]).err.split())
    assert f"In place of `{{{{charge_id}}}}` write what the answer to the step `{first['id']}` held." in said


def test_ctrl_c_ends_watching_and_says_nothing_is_wrong(
    lab: Lab, console: FakeConsole, monkeypatch: pytest.MonkeyPatch
) -> None:
    def pressed(_seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(steps.time, "sleep", pressed)
    said = lab("steps", "--watch")
    assert said.code == 130
    assert "Error" not in said.err
