"""One request, many clients: what Postman, `.http` files, curl and `lab request` send is the same."""

import json
import re
import shlex
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from newman import items

from lab.export.calls import Call
from lab.export.curl import curl, curl_of
from lab.export.folders import folders
from lab.export.http_file import EDITORS, Editor, http_file
from lab.export.lesson import Lesson
from lab.export.postman import collection
from lab.questions.steps import template
from lab.questions.steps.sending import options
from lab.questions.steps.template import filled

VALUES = {
    "order_id": "7",
    "cursor": "abc",
    "product_cursor": "def",
    "etag": '"e"',
    "payment_key": "k-1",
    "charge_id": "ch_1",
    "event_id": "evt_1",
    "webhook_secret": "whsec_x",
    "inboxUrl": "http://127.0.0.1:7717/inbox/x",
}


@pytest.fixture(autouse=True)
def _one_guid(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is new each time would never be the same."""
    monkeypatch.setitem(template.GENERATED, "guid", lambda: "g")


def calls(lesson: Lesson) -> list[Call]:
    return [call for folder in folders(lesson) for call in folder.calls]


def plain(text: str | None, values: dict[str, str]) -> Any:
    """A body as data, if it is JSON."""
    if text is None:
        return None
    text = filled(text, values)
    try:
        return json.loads(text)
    except ValueError:
        return text


def sent(lesson: Lesson, call: Call) -> dict[str, Any]:
    """What a call sends, headers but for the key, variables filled in."""
    return {
        "method": call.method,
        "target": filled(call.target, VALUES),
        "headers": {one.name.lower(): filled(one.value, VALUES) for one in call.headers if not one.off},
        "body": plain(call.body, VALUES),
    }


def test_postman_sends_what_a_step_says(lesson: Lesson) -> None:
    for call, item in zip(calls(lesson), items(collection(lesson)["item"]), strict=True):
        request = item["request"]
        told = {
            "method": request["method"],
            "target": filled(request["url"]["raw"].split("}}", 1)[1], VALUES),
            "headers": {
                one["key"].lower(): filled(one["value"], VALUES).replace("{{$guid}}", "g")
                for one in request["header"]
                if not one.get("disabled")
            },
            "body": plain(request.get("body", {}).get("raw"), VALUES),
        }
        assert told == sent(lesson, call), item["name"]


def test_lab_request_sends_what_a_step_says(lesson: Lesson) -> None:
    steps = [step for part in lesson.parts for step in part.steps if not step.passive]
    for call, step in zip(calls(lesson) if steps else [], steps, strict=True):
        given = options(step, VALUES)
        headers = {name.lower(): value for name, value in given.get("headers", {}).items()}
        if "body" in given:
            headers.setdefault("content-type", "application/json")
        body = given.get("body")
        told = {
            "method": step.method,
            "target": filled(step.example.target(step.path), VALUES),
            "headers": headers,
            "body": plain(body, {}) if isinstance(body, str) else body,
        }
        assert told == sent(lesson, call), step.id
        assert bool(given["key"]) == bool(call.key)


def test_curl_sends_what_a_step_says(lesson: Lesson) -> None:
    values = VALUES | lesson.addresses | lesson.secrets
    for call in calls(lesson):
        words = shlex.split(curl_of(call, values))
        headers = dict(words[at + 1].split(": ", 1) for at, word in enumerate(words) if word == "-H")
        key = headers.pop("Authorization" if call.bearer else "X-API-Key", None) if call.key else None
        assert (key is not None) == bool(call.key)
        base = lesson.addresses[call.base]
        told = {
            "method": words[words.index("-X") + 1] if "-X" in words else "GET",
            "target": words[-1].removeprefix(base),
            "headers": {name.lower(): value for name, value in headers.items()},
            "body": plain(words[words.index("--data") + 1], {}) if "--data" in words else None,
        }
        assert told == sent(lesson, call), call.id


def test_a_body_that_looks_like_a_file_is_sent_as_text() -> None:
    words = shlex.split(curl("POST", "http://127.0.0.1:8000/api/v1/orders", {}, "@/etc/passwd"))
    assert words[words.index("@/etc/passwd") - 1] == "--data-raw"


@pytest.mark.parametrize("editor", EDITORS)
def test_a_http_file_holds_every_request_once_and_leaves_no_variable_unexplained(
    lesson: Lesson, editor: Editor
) -> None:
    text = http_file(lesson, editor)
    blocks = text.split("\n### ")[1:]
    assert len(blocks) == len(calls(lesson))
    for block, call in zip(blocks, calls(lesson), strict=True):
        line = next(line for line in block.splitlines() if re.match(r"^[A-Z]+ \{\{", line))
        assert line.startswith(f"{call.method} {{{{{call.base}}}}}/")
        if call.body is not None:
            assert "\n\n{" in block
    declared = set(re.findall(r"^@(\w+) = ", text, re.MULTILINE))
    if editor == "jetbrains":
        declared |= set(re.findall(r'client\.global\.set\("(\w+)"', text))
    assert set(re.findall(r"\{\{(\w+)\}\}", text)) <= declared


@pytest.mark.parametrize(
    ("editor", "told"),
    [
        ("vscode", "# Note the status of the answer, and write it where {{answered}} stands."),
        ("jetbrains", 'client.global.set("answered", response.status);'),
    ],
)
def test_a_status_that_later_requests_need_is_kept_or_asked_for(
    lesson_called: Callable[[str], Lesson], monkeypatch: pytest.MonkeyPatch, editor: Editor, told: str
) -> None:
    first, *_ = folders(lesson_called("api-basics"))
    calls = [replace(call, keeps={"answered": "status"}) for call in first.calls[:1]]
    monkeypatch.setattr("lab.export.http_file.folders", lambda _lesson: [replace(first, calls=calls)])
    text = http_file(lesson_called("api-basics"), editor)
    assert told in text
    assert "body.$" not in text
    assert "response.body.;" not in text


def test_in_vs_code_a_later_request_names_the_answer_of_an_earlier_one(lesson_called: Callable[[str], Lesson]) -> None:
    text = http_file(lesson_called("idempotency"))
    assert "Idempotency-Key: {{$guid}}" in text
    assert text.count("Idempotency-Key: {{pay.request.headers.Idempotency-Key}}") == 2
    other = http_file(lesson_called("api-basics"))
    assert "If-None-Match: {{read.response.headers.ETag}}" in other
    assert "/api/v1/orders/{{subject.response.body.$.id}}" in other
