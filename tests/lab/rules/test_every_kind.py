"""What holds for every kind of edge rule, also for those to come."""

import json
import re
import sys

import pytest

from lab.core.registry import Kind
from lab.rules import EdgeRule, read_rule, rules
from lab.rules.rule import Rule

KINDS = pytest.mark.parametrize("kind", list(rules), ids=lambda kind: kind.kind())


def example(kind: type[EdgeRule]) -> dict:
    """A rule of the kind, as people write it."""
    return {kind.kind(): kind.example}


@KINDS
def test_its_written_form_reads_back_as_the_same_rule(kind):
    rule = read_rule({**example(kind), "match": {"path": "/orders/*", "share": "30%"}, "seed": 7, "end": "1min"})
    assert read_rule(rule.written()) == rule
    assert read_rule(json.loads(json.dumps(rule.written()))) == rule


@KINDS
def test_it_says_what_it_does_in_one_line(kind):
    first = (kind.__doc__ or "").strip().splitlines()[0]
    assert re.fullmatch(r"[A-Z].{10,150}[.]", first)


@KINDS
def test_it_has_a_schema_with_an_object_of_parameters(kind):
    schema = kind.model_json_schema()
    assert schema["type"] == "object"
    assert schema["additionalProperties"] is False


@KINDS
def test_it_has_behaviour(kind):
    assert kind.on_request is not EdgeRule.on_request or kind.on_answer is not EdgeRule.on_answer


@KINDS
def test_it_is_a_small_file_of_its_own(kind):
    module = sys.modules[kind.__module__]
    with open(str(module.__file__), encoding="utf-8") as file:
        assert len(file.readlines()) <= 100
    assert [one for one in rules if one.__module__ == kind.__module__] == [kind]


@KINDS
def test_the_rules_schema_offers_it_with_match_seed_and_times(kind):
    options = {option["title"]: option for option in Rule.model_json_schema()["anyOf"]}
    option = options[kind.kind()]
    assert set(option["properties"]) == {kind.kind(), "id", "match", "seed", "start", "end", "ramp"}
    assert option["required"] == [kind.kind()]


def test_a_rule_is_a_kind_with_parameters():
    assert all(issubclass(kind, Kind) for kind in rules)
