"""The request a step can be done with. `{{name}}` is a variable, `{{guid}}` and `{{timestamp}}` are new each time."""

import json
import re
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from pydantic import Field, PositiveInt

from lab.core.units import Seconds
from lab.core.written import Written

_AS_IT_IS = "{}$:@,/-_.~"
_VARIABLE = re.compile(r"\{\{(\w+)\}\}")
GENERATED = {"guid": lambda: str(uuid.uuid4()), "timestamp": lambda: str(int(time.time()))}
"""Values that are new each time they are used."""


class Repeat(Written):
    """Send it again, at once, until it is answered with this status."""

    until: int = Field(ge=100, le=599)
    at_most: PositiveInt = 40


class Template(Written):
    """What fills an operation: values for names in its path, query, headers, and a body as data or as raw `text`."""

    path: dict[str, str] = Field(default_factory=dict, description="Values for the names in the path")
    query: dict[str, str | int] = Field(default_factory=dict)
    headers: dict[str, str] = Field(default_factory=dict, description="The key is added by who sends it")
    body: Any = Field(default=None, description="Sent as JSON")
    text: str | None = Field(default=None, description="A body that is not JSON")
    set_: dict[str, str] = Field(
        default_factory=dict, alias="set", description="Variables that get a value before it is sent"
    )
    repeat: Repeat | None = None
    pause: Seconds = Field(default=0.0, description="Wait so long before: something else has to happen first")

    def target(self, path: str) -> str:
        """An operation's path with values in it and the query behind it."""
        for name, value in self.path.items():
            path = path.replace(f"{{{name}}}", value)
        return with_query(path, self.query)

    def variables(self) -> set[str]:
        """Every variable that it uses."""
        return set(_VARIABLE.findall(json.dumps(self.model_dump())))

    @property
    def payload(self) -> str | None:
        """The body as it is sent."""
        if self.text is not None:
            return self.text
        return None if self.body is None else json.dumps(self.body, indent=2, ensure_ascii=False)


def with_query(path: str, query: Mapping[str, str | int]) -> str:
    """A path with its query behind it, encoded but for `{{variables}}`."""
    parts = "&".join(f"{name}={quote(str(value), safe=_AS_IT_IS)}" for name, value in query.items())
    return f"{path}?{parts}" if parts else path


def filled(text: str, values: Mapping[str, str]) -> str:
    """A text with the variables that are known filled in; unknown ones stay as they are."""

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name in GENERATED:
            return GENERATED[name]()
        return values.get(name, match[0])

    return _VARIABLE.sub(value, text)


def filled_in(document: Any, values: Mapping[str, str]) -> Any:
    """A document with the variables in its texts filled in."""
    if isinstance(document, str):
        return filled(document, values)
    if isinstance(document, dict):
        return {key: filled_in(inner, values) for key, inner in document.items()}
    return [filled_in(inner, values) for inner in document] if isinstance(document, list) else document


def renamed(text: str, name_of: Callable[[str], str]) -> str:
    """A text with its variables as another program names them; `name_of` gives all of `{{…}}`."""
    return _VARIABLE.sub(lambda match: name_of(match[1]), text)


def picked(source: str, status: int, headers: Mapping[str, str], document: Any) -> str | None:
    """What `keep` takes out of an answer: `header.ETag`, `body.items.0.id`, `status`; None when it is not there."""
    where, _, rest = source.partition(".")
    if where == "status":
        return str(status)
    if where == "header":
        return {name.lower(): value for name, value in headers.items()}.get(rest.lower())
    found = document
    for part in rest.split(".") if rest else ():
        try:
            found = found[int(part)] if isinstance(found, list) else found[part]
        except (LookupError, TypeError, ValueError):
            return None
    return None if found is None else found if isinstance(found, str) else json.dumps(found)
