"""Requests as every client can send them, whatever they were made from."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from lab.export.contract import Example
from lab.export.lesson import API_KEY
from lab.questions.steps.template import Repeat, with_query


@dataclass(frozen=True)
class Field:
    """A query parameter or a header; one that is `off` is there to be switched on."""

    name: str
    value: str
    description: str = ""
    off: bool = False


@dataclass(frozen=True)
class Call:
    """One request, its texts with `{{variables}}`.

    `key` is the variable that holds the key, empty for none. `sets` gives variables a value before it is sent, `keeps`
    after it was answered (`header.ETag`, `body.id`). `waits` names a variable that holds seconds to wait before.
    """

    id: str
    name: str
    folder: str
    method: str
    base: str
    path: str
    notes: str
    statuses: tuple[int, ...]
    query: tuple[Field, ...] = ()
    headers: tuple[Field, ...] = ()
    body: str | None = None
    key: str = API_KEY
    bearer: bool = False
    problem: str | None = None
    answer: Mapping[str, str] = field(default_factory=dict)
    """Headers that the answer must have: `present`, `absent` or the text."""
    sets: Mapping[str, str] = field(default_factory=dict)
    keeps: Mapping[str, str] = field(default_factory=dict)
    repeat: Repeat | None = None
    waits: str | None = None
    pause_s: float = 0.0
    examples: tuple[Example, ...] = ()

    @property
    def target(self) -> str:
        """The path with the query that is on."""
        return with_query(self.path, {one.name: one.value for one in self.query if not one.off})


@dataclass(frozen=True)
class Folder:
    """Calls that belong together."""

    id: str
    name: str
    notes: str
    calls: tuple[Call, ...]
