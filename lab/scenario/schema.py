"""The JSON Schema of scenario.yaml as people write it.

pydantic describes the file as the model holds it. Files are written shorter in three ways, which are put into the
schema here: a question's kind is a key of the question itself; `choice: [ … ]` stands for its options; any value may be
a `${parameter}`.
"""

from typing import Any

from lab.changes import changes
from lab.probes import probes
from lab.questions import questions
from lab.questions.option_list import OptionList
from lab.rules.rule import Rule
from lab.scenario.model import ScenarioFile

DRAWN = {"type": "string", "pattern": r"^\$\{\w+\}$", "description": "A parameter of the scenario, drawn by seed"}
TYPED = {"number", "integer", "boolean"}


def schema() -> dict[str, Any]:
    """The whole schema."""
    found = ScenarioFile.model_json_schema(by_alias=True)
    rule = Rule.model_json_schema(by_alias=True)
    definitions = {**found.pop("$defs"), **rule.pop("$defs", {}), "Rule": rule}
    definitions["Question"] = _question(definitions["Question"])
    document = {**found, "$defs": definitions}
    for name, registry in (("Change", changes), ("Probe", probes)):
        definitions[name] = _shared(document, set(registry.names()), f"#/$defs/{name}")
    edge = next(one for one in definitions["Change"]["anyOf"] if one["title"] == "edge")
    edge["properties"]["edge"]["properties"]["rule"] = {"$ref": "#/$defs/Rule"}
    document = _with_parameters(document)
    document["$defs"]["Drawn"] = DRAWN
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **document, "title": "Faultlab scenario"}


def _question(written: dict[str, Any]) -> dict[str, Any]:
    """One alternative per kind, each with the kind as a key beside id, step, ask and points."""
    about = {name: part for name, part in written["properties"].items() if name != "question"}
    required = [name for name in written["required"] if name != "question"]
    options = []
    for option in written["properties"]["question"]["anyOf"]:
        (kind,) = option["properties"]
        parameters = option["properties"][kind]
        if issubclass(questions.get(kind), OptionList):
            parameters = {"anyOf": [parameters["properties"]["options"], parameters]}
        options.append(
            {
                "type": "object",
                "title": kind,
                "description": option["description"],
                "properties": {**about, kind: parameters},
                "required": [*required, kind],
                "additionalProperties": False,
            }
        )
    return {"title": written["title"], "description": written["description"], "anyOf": options}


def _shared(value: Any, kinds: set[str], reference: str) -> dict[str, Any]:
    """Put a reference in the place of every list of exactly these kinds, and return what it stood for."""
    found: dict[str, Any] = {}
    items = (
        list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    )
    for key, inner in items:
        if isinstance(inner, dict) and {one.get("title") for one in inner.get("anyOf", ())} == kinds:
            found = {"anyOf": inner["anyOf"]}
            rest = {name: part for name, part in inner.items() if name != "anyOf"}
            value[key] = {**rest, "$ref": reference}
        else:
            found = _shared(inner, kinds, reference) or found
    return found


def _with_parameters(value: Any) -> Any:
    """Everything that is not text may also be `${name}`."""
    if isinstance(value, list):
        return [_with_parameters(one) for one in value]
    if not isinstance(value, dict):
        return value
    inside = {key: _with_parameters(one) for key, one in value.items()}
    if "const" not in inside and (inside.get("type") in TYPED or "enum" in inside):
        about = {key: inside.pop(key) for key in ("title", "description", "default") if key in inside}
        return {**about, "anyOf": [inside, {"$ref": "#/$defs/Drawn"}]}
    return inside
