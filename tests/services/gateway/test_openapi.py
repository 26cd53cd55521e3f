"""The public document: complete, true to orders, and with what the gateway adds."""

import importlib.util
import re
from pathlib import Path
from typing import Any

import pytest

from services.gateway.app import create
from services.gateway.routes import TARGETS

_spec = importlib.util.spec_from_file_location("write_contract", Path(__file__).with_name("write_contract.py"))
assert _spec is not None
assert _spec.loader is not None
write_contract = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(write_contract)


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """The gateway's OpenAPI document."""
    return create().openapi()


def operations(document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Every operation with its verb and path."""
    return [
        (f"{verb.upper()} {path}", operation)
        for path, verbs in document["paths"].items()
        for verb, operation in verbs.items()
    ]


def test_the_contract_is_what_orders_says_today() -> None:
    said = write_contract.written(write_contract.contract())
    assert write_contract.CONTRACT.read_bytes() == said, "run python tests/services/gateway/write_contract.py"


def test_every_route_is_documented_and_nothing_else(document: dict[str, Any]) -> None:
    assert {name for name, _ in operations(document)} == {f"{t.method} /api/v1{t.template}" for t in TARGETS}


def test_every_operation_says_what_it_does_and_what_it_needs(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        assert operation["summary"], name
        assert "Needs the scope `" in operation["description"], name
        assert operation["security"] == [{"ApiKey": []}], name


def test_every_answer_has_an_example(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        for status, answer in operation["responses"].items():
            assert answer["description"], f"{name} {status}"
            for media in answer.get("content", {}).values():
                assert media.keys() & {"example", "examples"}, f"{name} {status}"


def test_every_body_has_an_example(document: dict[str, Any]) -> None:
    bodies = [operation["requestBody"] for _, operation in operations(document) if "requestBody" in operation]
    assert len(bodies) == 2
    for body in bodies:
        assert body["content"]["application/json"]["examples"]


def test_every_operation_documents_the_gateways_own_errors_as_problems(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        assert {"400", "401", "403", "406", "422", "429", "502", "503", "504"} <= operation["responses"].keys(), name
        for status, answer in operation["responses"].items():
            if status >= "400":
                assert list(answer["content"]) == ["application/problem+json"], f"{name} {status}"
        assert "Retry-After" in operation["responses"]["429"]["headers"], name


def test_checkout_shows_both_the_shops_and_the_gateways_reasons_for_503(document: dict[str, Any]) -> None:
    answer = document["paths"]["/api/v1/orders"]["post"]["responses"]["503"]
    assert {"payments-busy", "overloaded"} <= answer["content"]["application/problem+json"]["examples"].keys()


def test_every_reference_resolves(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]

    def references(value: Any) -> set[str]:
        if isinstance(value, dict):
            found = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
            return found.union(*(references(inner) for inner in value.values()))
        return set().union(*(references(inner) for inner in value)) if isinstance(value, list) else set()

    assert {reference.rsplit("/", 1)[-1] for reference in references(document)} <= schemas.keys()


def test_every_path_that_an_example_of_a_problem_names_is_a_public_one(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        for status, answer in operation["responses"].items():
            for media in answer.get("content", {}).values() if status >= "400" else ():
                shown = (
                    [media["example"]] if "example" in media else [one["value"] for one in media["examples"].values()]
                )
                for path in re.findall(r"(?<= )/[a-z]\S*", " ".join(one["detail"] for one in shown)):
                    assert path.startswith(("/api/v1/", "/openapi.json")), f"{name} {status}"
