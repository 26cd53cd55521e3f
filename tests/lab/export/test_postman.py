"""The exported collection and environment, for every lesson there is."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from newman import items

from lab.export.folders import folders
from lab.export.lesson import Lesson
from lab.export.postman import collection, environment


@pytest.fixture
def made(lesson: Lesson) -> dict[str, Any]:
    return collection(lesson)


def test_it_is_valid_by_the_published_schema(made: dict[str, Any], here: Path) -> None:
    schema = json.loads((here / "postman-collection-v2.1.0.json").read_text(encoding="utf-8"))
    schema.pop("$async", None)  # an extension of the validator it was packaged for
    found = [
        f"{error.instance_path}: {error.message}" for error in jsonschema_rs.Draft7Validator(schema).iter_errors(made)
    ]
    assert found == []


def test_exporting_again_gives_the_same_ids_and_none_twice(lesson: Lesson, made: dict[str, Any]) -> None:
    assert collection(lesson) == made

    def ids(value: Any) -> list[str]:
        if isinstance(value, dict):
            mine = [value[name] for name in ("id", "_postman_id") if isinstance(value.get(name), str)]
            return mine + [one for inner in value.values() for one in ids(inner)]
        return [one for inner in value for one in ids(inner)] if isinstance(value, list) else []

    found = ids({key: value for key, value in made.items() if key != "item"}) + [
        one for folder in made["item"] for one in [folder["id"], *(item["id"] for item in folder["item"])]
    ]
    found += [answer["id"] for item in items(made["item"]) for answer in item["response"]]
    assert len(found) == len(set(found))
    assert all(
        re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", one) for one in found
    )


def test_no_secret_is_in_the_collection_and_all_are_marked_in_the_environment(
    lesson: Lesson, made: dict[str, Any]
) -> None:
    told = environment(lesson)
    assert {one["key"]: one["value"] for one in told["values"]} == lesson.secrets
    assert {one["type"] for one in told["values"]} == {"secret"}
    assert "a-secret-of-mine" not in json.dumps(made)


def test_the_address_is_a_variable_of_the_collection_with_the_live_port(lesson: Lesson, made: dict[str, Any]) -> None:
    values = {one["key"]: one["value"] for one in made["variable"]}
    assert values["baseUrl"] == "http://127.0.0.1:8017"
    for item in items(made["item"]):
        assert item["request"]["url"]["raw"].startswith(("{{baseUrl}}/", "{{sandboxUrl}}/", "{{inboxUrl}}/"))
        assert ":8017" not in json.dumps(item["request"])


def test_every_variable_that_is_used_has_a_place(lesson: Lesson, made: dict[str, Any]) -> None:
    known = {one["key"] for one in made["variable"]} | set(lesson.secrets)
    used = set(re.findall(r"\{\{(\w+)\}\}", json.dumps([item["request"] for item in items(made["item"])])))
    assert used <= known


def test_every_request_says_what_to_do_checks_and_shows_answers(made: dict[str, Any]) -> None:
    for item in items(made["item"]):
        assert len(item["request"]["description"]) > 15, item["name"]
        script = "\n".join(line for event in item["event"] for line in event["script"]["exec"])
        assert "pm.test(" in script, item["name"]
        assert len(item["name"]) <= 64


def test_saved_answers_hold_a_success_and_a_real_refusal(lesson: Lesson, made: dict[str, Any]) -> None:
    known = [item for item in items(made["item"]) if item["response"]]
    assert known
    for item in known:
        codes = {answer["code"] for answer in item["response"]}
        assert any(code < 400 for code in codes), item["name"]
        if 429 in codes:
            refusal = next(answer for answer in item["response"] if answer["code"] == 429)
            headers = {one["key"]: one["value"] for one in refusal["header"]}
            assert int(headers["Retry-After"]) >= 1
            assert headers["Content-Type"] == "application/problem+json"
            assert json.loads(refusal["body"])["status"] == 429
    assert any(answer["code"] == 429 for item in known for answer in item["response"])


def test_every_request_carries_a_trace_of_its_own(made: dict[str, Any]) -> None:
    (before,) = [event for event in made["event"] if event["listen"] == "prerequest"]
    assert "traceparent" in "\n".join(before["script"]["exec"])


def test_folders_are_the_lessons_questions_or_else_the_apis_tags(lesson: Lesson, made: dict[str, Any]) -> None:
    names = [folder["name"] for folder in made["item"]]
    assert names == [folder.name for folder in folders(lesson)]
    if not lesson.parts:
        assert names == ["Products", "Orders", "Customers"]
