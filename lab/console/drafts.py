"""The request that does a step of a lesson, as a form to send it from, and the keys to send requests with."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, cast

from lab.console.exercise import calls, shown
from lab.core.errors import NotFound, did_you_mean
from lab.export.lesson import ADDRESSES, key_variable
from lab.questions.steps.received import LEARNER
from lab.questions.steps.template import GENERATED, renamed
from lab.session.session import Session


@dataclass(frozen=True, slots=True)
class Draft:
    """A request that was not sent yet. `key` is the name of one of the learner's keys, empty for none.

    `missing` are variables that an earlier answer has to give a value.
    """

    to: Literal["shop", "sandbox", "inbox"] = "shop"
    method: str = "GET"
    path: str = "/"
    headers: str = ""
    body: str = ""
    key: str = LEARNER
    step: str = ""
    title: str = ""
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OwnKey:
    """One of the learner's keys at the shop, by the name that they know it by."""

    name: str
    key: str
    about: str


def keys_of(session: Session) -> list[OwnKey]:
    """The learner's keys, their own one first."""
    return [
        OwnKey(one.name.removeprefix(f"{LEARNER}-"), one.key, f"{one.role}: {', '.join(one.scopes)}")
        for one in session.keys
    ]


def draft_of(session: Session, name: str) -> Draft:
    """The request of a step; NotFound when the lesson has no such step to send. Blocking."""
    found = shown(session)
    by_name = {one["id"]: one for question in found["questions"] for one in question["steps"]}
    call = next((one for one in calls(session) if one.id == name), None)
    if call is None:
        raise NotFound(f"There is no step {name!r} to send.", f"{did_you_mean(name, by_name)}See them: `lab steps`")
    missing: dict[str, None] = {}

    def filled(text: str) -> str:
        return renamed(text, lambda variable: _value(variable, found["values"], missing))

    headers = [
        f"{one.name}: {filled(one.value)}" for one in call.headers if not one.off and not _usual(one.name, one.value)
    ]
    to = next(receiver for receiver, variable in ADDRESSES.items() if variable == call.base)
    named = {key_variable(one.name): one.name for one in keys_of(session)}
    return Draft(
        to=cast("Literal['shop', 'sandbox', 'inbox']", to),
        method=call.method,
        path=filled(call.target),
        headers="\n".join(headers),
        body=filled(call.body or ""),
        key=named.get(call.key, LEARNER) if call.key else "",
        step=name,
        title=str(by_name[name]["do"]),
        missing=tuple(missing),
    )


def _value(name: str, values: Mapping[str, str], missing: dict[str, None]) -> str:
    """What stands for `{{name}}`; what is new each time is filled in when it is sent."""
    if name not in values and name not in GENERATED:
        missing[name] = None
    return values.get(name, f"{{{{{name}}}}}")


def _usual(name: str, value: str) -> bool:
    """Whether Try it adds this header by itself."""
    return name.lower() == "content-type" and value == "application/json"
