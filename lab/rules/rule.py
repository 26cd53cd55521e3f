"""A rule as people write it: one kind, and when and to which requests it applies."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, GetJsonSchemaHandler, ValidationError, model_validator
from pydantic_core import CoreSchema

from lab.core.errors import did_you_mean
from lab.core.registry import OneOf
from lab.core.units import Seconds
from lab.core.written import Written
from lab.rules import EdgeRule, rules
from lab.rules.match import Match


class Rule(Written):
    """`{latency: {delay: 200ms}, match: {path: /orders/*, share: 30%}, seed: 7, start: 5s, end: 35s}`."""

    does: Annotated[EdgeRule, OneOf(rules)]
    id: str | None = Field(default=None, pattern=r"^[A-Za-z0-9._-]{1,64}$", description="A name to remove it by")
    match: Match = Match()
    seed: int = Field(default=0, description="Seed of every draw the rule makes")
    start: Seconds = Field(default=0.0, ge=0, description="Takes effect so long after it was set")
    end: Seconds | None = Field(default=None, description="Ends by itself so long after it was set")
    ramp: Seconds = Field(default=0.0, ge=0, description="Grows from nothing to full over so long after its start")

    @model_validator(mode="before")
    @classmethod
    def _split(cls, written: Any) -> Any:
        if not isinstance(written, Mapping):
            raise ValueError("expected a mapping with the kind of edge rule as a key, like {latency: {delay: 200ms}}")
        about = {name for name in cls.model_fields if name != "does"}
        kinds = [key for key in written if key not in about]
        if len(kinds) > 1:
            known = set(rules.names())
            stranger = next((key for key in kinds if key not in known), None)
            if stranger is not None:
                raise ValueError(
                    f"{stranger!r} is not part of a rule. {did_you_mean(str(stranger), about | known)}".strip()
                )
            raise ValueError(f"one rule does one thing, not {' and '.join(map(str, kinds))}; write two rules")
        if not kinds:
            raise ValueError(f"the kind of edge rule is missing. Known kinds: {', '.join(rules.names())}.")
        (kind,) = kinds
        return {"does": {kind: written[kind]}, **{key: value for key, value in written.items() if key != kind}}

    @model_validator(mode="after")
    def _times_fit(self) -> "Rule":
        if self.end is not None and self.end <= self.start:
            raise ValueError("`end` must come after `start`; both count from when the rule is set")
        return self

    @classmethod
    def read(cls, written: Any) -> "Rule":
        """The rule; ValueError in one sentence that names the place."""
        try:
            return cls.model_validate(written)
        except ValidationError as error:
            raise ValueError(_said(error, written)) from None

    def written(self) -> dict[str, Any]:
        """The mapping that reads back as this rule."""
        about = self.model_dump(mode="json", exclude={"does"}, exclude_defaults=True)
        return {**self.does.written(), **about}

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        own = handler.resolve_ref_schema(handler(schema))
        about = {name: part for name, part in own["properties"].items() if name != "does"}
        options = own["properties"]["does"]["anyOf"]
        return {
            "title": "Rule",
            "description": "One kind of edge rule, and when and to which requests it applies.",
            "anyOf": [{**option, "properties": {**option["properties"], **about}} for option in options],
        }


def _said(error: ValidationError, written: Any) -> str:
    """The first thing that is wrong, in a sentence a person can act on."""
    first = error.errors(include_url=False)[0]
    kind = next((str(key) for key in written if key not in Rule.model_fields), "") if first["loc"] else ""
    *inside, last = [kind if part == "does" else str(part) for part in first["loc"]] or [""]
    place = ".".join([*inside, last])
    if first["type"] != "extra_forbidden":
        text = first["msg"].removeprefix("Value error, ")
        # a kind that does not exist already names itself
        return text if place in ("", kind) and kind not in rules.names() else f"{place}: {text}" if place else text
    known = sorted((Match if inside[0] == "match" else rules.get(kind)).model_fields)
    return f"{place}: no such parameter. {did_you_mean(last, known)}Known: {', '.join(known)}."
