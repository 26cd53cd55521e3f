"""What the shop's API offers, from its own OpenAPI document: operations with their parameters and example bodies."""

import json
from dataclasses import asdict, dataclass
from typing import Any

import aiohttp

from lab.core.errors import Conflict
from lab.session.session import Session


@dataclass(frozen=True, slots=True)
class Parameter:
    """Something an operation takes in its path, query or headers."""

    name: str
    place: str
    required: bool
    about: str
    example: str


@dataclass(frozen=True, slots=True)
class Example:
    """A body to begin with."""

    name: str
    body: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing the API does. `id` is short and stands in addresses: `post-orders`."""

    id: str
    method: str
    path: str
    title: str
    about: str
    group: str
    parameters: tuple[Parameter, ...]
    examples: tuple[Example, ...]
    takes_body: bool


async def operations(session: Session, service: str = "gateway") -> list[Operation]:
    """Every operation of the gateway, or of the partner's API; Conflict when it does not answer."""
    url = f"{session.runtime.urls[service]}/openapi.json"
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as client:
        try:
            async with client.get(url) as answer:
                document = await answer.json(content_type=None)
        except (aiohttp.ClientError, TimeoutError, ValueError):
            raise Conflict(f"The {service} does not say what it offers.", "See how it is: `lab status`") from None
    return read(document)


def read(document: dict[str, Any]) -> list[Operation]:
    """The operations of an OpenAPI document, in its order."""
    return [
        _operation(path, method, one)
        for path, methods in document.get("paths", {}).items()
        for method, one in methods.items()
        if method in ("get", "post", "put", "patch", "delete")
    ]


def as_json(operation: Operation) -> dict[str, Any]:
    """An operation as the API answers it."""
    return asdict(operation)


def _operation(path: str, method: str, one: dict[str, Any]) -> Operation:
    words = [part.strip("{}").replace("_", "-") for part in path.split("/") if part and part not in ("api", "v1")]
    content = one.get("requestBody", {}).get("content", {}).get("application/json", {})
    return Operation(
        id="-".join([method, *words]),
        method=method.upper(),
        path=path,
        title=str(one.get("summary") or f"{method.upper()} {path}"),
        about=str(one.get("description") or ""),
        group=str((one.get("tags") or ["Other"])[0]),
        parameters=tuple(_parameter(parameter) for parameter in one.get("parameters", ())),
        examples=tuple(_examples(content)),
        takes_body="requestBody" in one,
    )


def _parameter(one: dict[str, Any]) -> Parameter:
    schema = one.get("schema", {})
    example = one.get("example", next(iter(schema.get("examples", [])), ""))
    return Parameter(
        name=str(one["name"]),
        place=str(one["in"]),
        required=bool(one.get("required")),
        about=str(one.get("description") or schema.get("description") or ""),
        example=str(example),
    )


def _examples(content: dict[str, Any]) -> list[Example]:
    named = content.get("examples", {})
    found = [Example(str(one.get("summary") or name), _text(one.get("value"))) for name, one in named.items()]
    return found or ([Example("Example", _text(content["example"]))] if "example" in content else [])


def _text(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
