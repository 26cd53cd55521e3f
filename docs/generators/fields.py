"""Fields of pydantic models as table rows: name, type in words, default, meaning."""

from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from generators.markdown import code
from lab.changes import changes
from lab.core.registry import Registry
from lab.probes import probes
from lab.questions import questions
from lab.rules import rules

# Each registry and its heading in kinds.md.
REGISTRIES: dict[Registry[Any], str] = {
    changes: "changes",
    rules: "edge-rules",
    probes: "probes",
    questions: "questions",
}

# Quantities are known by the example in their schema (lab.core.units): what they are called, the unit of plain numbers.
QUANTITIES = {
    "20s": ("duration, as `20s`, `800ms`, `2min`", "s"),
    "800ms": ("duration, as `800ms`, `2s`", "ms"),
    "20%": ("share, as `20%`", "%"),
    "6/s": ("rate, as `6/s`, `90/min`", "/s"),
    "64kB/s": ("bandwidth, as `64kB/s`", "B/s"),
}
PLAIN = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false"}
HEAD = ("field", "type", "default", "meaning")

# Parameters that many kinds share and that speak for themselves there.
SHARED = {
    "service": "The service it is about",
    "edge": "The edge it is about, as `orders->partner`",
    "route": "Only this route, as `POST /orders`",
}


def rows(
    model: type[BaseModel], leave_out: frozenset[str] = frozenset(), linked: frozenset[str] = frozenset()
) -> list[list[str]]:
    """One row per field, as files write it; the models in `linked` have a section on the same page."""
    properties = _properties(model.model_json_schema(by_alias=True))
    found = []
    for name, field in model.model_fields.items():
        if name in leave_out:
            continue
        written = field.alias or name
        schema = properties.get(written, {})
        meaning = field.description or SHARED.get(name, "")
        found.append([code(written), says(schema, linked), _default(field, _unit(schema)), meaning])
    return found


def _properties(schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        return _properties(schema["$defs"][schema["$ref"].rpartition("/")[2]])
    if "properties" in schema:
        return dict(schema["properties"])
    for option in schema.get("anyOf", ()):
        if "properties" in option:
            return dict(option["properties"])
    return {}


def _default(field: FieldInfo, unit: str) -> str:
    if field.is_required():
        return "**required**"
    default: Any = field.get_default(call_default_factory=True)
    if default is None or default in ({}, [], (), "") or isinstance(default, BaseModel):
        return ""
    if isinstance(default, dict):
        return code("{" + ", ".join(f"{key}: {value}" for key, value in default.items()) + "}")
    if isinstance(default, bool):
        return code(str(default).lower())
    if isinstance(default, float):
        return code(f"{default * 100 if unit == '%' else default:g}{unit}")
    return code(default)


def _unit(schema: dict[str, Any]) -> str:
    """The unit that a bare number of this field has; empty when it has none."""
    for one in (schema, *schema.get("anyOf", ())):
        if "examples" in one and str(one["examples"][0]) in QUANTITIES:
            return QUANTITIES[str(one["examples"][0])][1]
    return ""


def says(schema: dict[str, Any], linked: frozenset[str] = frozenset()) -> str:
    """A JSON Schema type in words."""
    if "examples" in schema and str(schema["examples"][0]) in QUANTITIES:
        return QUANTITIES[str(schema["examples"][0])][0]
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})" if name in linked else name
    if "const" in schema:
        return code(schema["const"])
    if "enum" in schema:
        return ", ".join(code(one) for one in schema["enum"])
    if "anyOf" in schema:
        return _either(schema["anyOf"], linked)
    if schema.get("type") == "array":
        return f"list of {_many(says(schema.get('items', {}), linked))}"
    if schema.get("type") == "object":
        return _mapping(schema, linked)
    return PLAIN.get(str(schema.get("type", "")), "anything")


def _either(options: list[dict[str, Any]], linked: frozenset[str]) -> str:
    titles = {str(one.get("title")) for one in options}
    for registry, anchor in REGISTRIES.items():
        if titles == set(registry.names()):
            return f"[{registry.noun}](kinds.md#{anchor})"
    real = [one for one in options if one.get("type") != "null"]
    return " or ".join(dict.fromkeys(says(one, linked) for one in real))


def _many(kind: str) -> str:
    return {"text": "texts", "whole number": "whole numbers"}.get(kind, kind)


def _mapping(schema: dict[str, Any], linked: frozenset[str]) -> str:
    if schema.get("properties"):
        return "mapping"
    names = schema.get("propertyNames", {}).get("enum")
    inner = schema.get("additionalProperties")
    values = says(inner, linked) if isinstance(inner, dict) and inner else "anything"
    return f"mapping of {', '.join(code(one) for one in names) if names else 'names'} to {_many(values)}"
