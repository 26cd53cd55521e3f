"""Reading an OpenAPI document: operations, example bodies and saved answers."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

JSON = "application/json"
VERBS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Example:
    """One answer as it may come back."""

    status: int
    name: str
    headers: Mapping[str, str]
    body: str

    @property
    def phrase(self) -> str:
        """`Too Many Requests`."""
        try:
            return HTTPStatus(self.status).phrase
        except ValueError:
            return ""


@dataclass(frozen=True)
class Parameter:
    """Something that can be filled in: where (path, query, header), an example, what it means."""

    name: str
    place: str
    example: str
    description: str
    required: bool


@dataclass(frozen=True)
class Operation:
    """One operation of a document."""

    method: str
    path: str
    summary: str
    description: str
    tag: str
    parameters: tuple[Parameter, ...]
    body: str | None
    examples: tuple[Example, ...]

    @property
    def successes(self) -> list[int]:
        """The statuses below 400 that it documents, lowest first."""
        return sorted({one.status for one in self.examples if one.status < 300} or {200})


def operations(document: Mapping[str, Any]) -> Iterator[Operation]:
    """Every operation of a document, in its order."""
    for path, verbs in document.get("paths", {}).items():
        for verb in VERBS:
            if verb in verbs:
                yield _operation(verb.upper(), path, verbs[verb])


def find(document: Mapping[str, Any], method: str, path: str) -> Operation | None:
    """One operation; None when the document has none like it, as for a mistake on purpose."""
    told = document.get("paths", {}).get(path, {}).get(method.lower())
    return None if told is None else _operation(method, path, told)


def _operation(method: str, path: str, told: Mapping[str, Any]) -> Operation:
    return Operation(
        method=method,
        path=path,
        summary=told.get("summary", ""),
        description=told.get("description", ""),
        tag=(told.get("tags") or ["API"])[0],
        parameters=tuple(map(_parameter, told.get("parameters", ()))),
        body=_body(told.get("requestBody", {})),
        examples=tuple(_examples(told.get("responses", {}))),
    )


def _parameter(told: Mapping[str, Any]) -> Parameter:
    schema = told.get("schema", {})
    shapes = [schema, *schema.get("anyOf", ())]
    given = [told.get("example"), *(value for shape in shapes for value in shape.get("examples", ()))]
    given += [shape.get("default") for shape in shapes] + [value for shape in shapes for value in shape.get("enum", ())]
    example = next((value for value in given if value is not None), "")
    text = example if isinstance(example, str) else json.dumps(example)
    description = told.get("description") or schema.get("description", "")
    return Parameter(told["name"], told["in"], text, description, bool(told.get("required")))


def _body(told: Mapping[str, Any]) -> str | None:
    content = told.get("content", {}).get(JSON)
    if content is None:
        return None
    given = [one.get("value") for one in content.get("examples", {}).values()]
    given += content.get("schema", {}).get("examples", [])
    given.append(content.get("example"))
    return next((json.dumps(one, indent=2, ensure_ascii=False) for one in given if one is not None), "{}")


def _examples(responses: Mapping[str, Any]) -> Iterator[Example]:
    for status, told in responses.items():
        if not status.isdigit():
            continue
        headers = {name: str(one["example"]) for name, one in told.get("headers", {}).items() if "example" in one}
        content = told.get("content", {})
        if not content:
            yield Example(int(status), f"{status} {told.get('description', '')}".strip(), headers, "")
        for media, shown in content.items():
            for title, value in _values(shown):
                name = f"{status} {title or told.get('description', '')}".strip().rstrip(".")
                text = value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
                yield Example(int(status), name, {"Content-Type": media, **headers}, text)


def _values(shown: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Title and value of each example; a problem's title is its own."""
    named = [(one.get("summary", ""), one.get("value")) for one in shown.get("examples", {}).values()]
    if "example" in shown:
        value = shown["example"]
        named.append((value.get("title", "") if isinstance(value, dict) and "status" in value else "", value))
    yield from named
