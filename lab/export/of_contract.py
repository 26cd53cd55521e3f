"""The requests of a whole API, from its OpenAPI document."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lab.export.calls import Call, Field, Folder
from lab.export.contract import Operation, Parameter, operations
from lab.export.lesson import ADDRESSES

_FIRST = {"POST": 0, "GET": 1}
_WITHOUT_IT_FAILS = {"GET /api/v1/customers/me": ("Customer-Id",)}
"""Parameters that the document calls optional, and of which one is needed all the same."""


def folders_of_contract(document: Mapping[str, Any]) -> Iterator[Folder]:
    """A folder a tag; what makes something comes before what looks it up, and what takes it back last."""
    notes = {one["name"]: one.get("description", "") for one in document.get("tags", ())}
    found = list(operations(document))
    tags = dict.fromkeys(one.tag for one in found)
    for tag in tags:
        mine = sorted((one for one in found if one.tag == tag), key=_place)
        calls = tuple(_of_operation(one) for one in mine)
        yield Folder(tag.lower(), tag, notes.get(tag, ""), calls)


def _place(one: Operation) -> tuple[bool, int, str]:
    takes_back = one.path.endswith(("/refund", "/refunds"))
    return takes_back, _FIRST.get(one.method, 2) if "{" not in one.path else 1, one.path


def _of_operation(one: Operation) -> Call:
    path = one.path
    for parameter in one.parameters:
        if parameter.place == "path":
            value = "{{order_id}}" if parameter.name == "order_id" else parameter.example
            path = path.replace(f"{{{parameter.name}}}", value)
    on = _WITHOUT_IT_FAILS.get(f"{one.method} {one.path}", ())
    query = tuple(_field(parameter, on) for parameter in one.parameters if parameter.place == "query")
    headers = [_field(parameter, on) for parameter in one.parameters if parameter.place == "header"]
    if one.body is not None:
        headers.append(Field("Content-Type", "application/json"))
    makes_order = one.method == "POST" and one.path.endswith("/orders")
    return Call(
        id=f"{one.method.lower()}-{re.sub(r'[^a-z0-9]+', '-', one.path.lower()).strip('-')}",
        name=one.summary or f"{one.method} {one.path}",
        folder=one.tag.lower(),
        method=one.method,
        base=ADDRESSES["shop"],
        path=path,
        notes=one.description,
        statuses=tuple(one.successes),
        query=query,
        headers=tuple(headers),
        body=one.body,
        keeps={"order_id": "body.id"} if makes_order else {},
        examples=one.examples,
    )


def _field(parameter: Parameter, on: Sequence[str]) -> Field:
    return Field(
        parameter.name,
        parameter.example,
        parameter.description,
        off=not parameter.required and parameter.name not in on,
    )
