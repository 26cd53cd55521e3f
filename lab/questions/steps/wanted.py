"""What a value of a request must be: there or not, a text, or in a relation to the request of an earlier step."""

from typing import Any, Self

from pydantic import ConfigDict, Field, GetJsonSchemaHandler, model_validator
from pydantic_core import CoreSchema

from lab.core.written import Written

PRESENT, ABSENT = "present", "absent"
SHOWN = 40


class Wanted(Written):
    """One value: `present`, `absent`, a text, `{same_as: STEP}`, `{unlike: STEP}`, `{taken_from: STEP, answer: NAME}`.

    `same_as` and `unlike` compare with the same value of the step's request, `taken_from` with a header of the answer
    it got, or with its `next_cursor`.
    """

    model_config = ConfigDict(populate_by_name=True)

    is_: str | None = Field(default=None, alias="is", description="`present`, `absent`, or the value itself")
    same_as: str | None = Field(default=None, description="The step whose request carried the same value")
    unlike: str | None = Field(default=None, description="The step whose request carried another value")
    taken_from: str | None = Field(default=None, description="The step whose answer gave the value")
    answer: str | None = Field(default=None, description="Where it stood in that answer: a header, or `next_cursor`")

    @model_validator(mode="before")
    @classmethod
    def _brief(cls, written: Any) -> Any:
        if isinstance(written, bool):
            return {"is": str(written).lower()}
        return {"is": str(written)} if isinstance(written, str | int | float) else written

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        written = handler.resolve_ref_schema(handler(schema))
        brief: list[dict[str, Any]] = [{"type": kind} for kind in ("string", "number", "boolean")]
        return {"anyOf": [*brief, dict(written)], "description": written.get("description", "")}

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(one is not None for one in (self.is_, self.same_as, self.unlike, self.taken_from)) != 1:
            raise ValueError(
                "write `present`, `absent`, a text, or one of `{same_as: STEP}`, `{unlike: STEP}`, "
                "`{taken_from: STEP, answer: NAME}`"
            )
        if (self.taken_from is None) != (self.answer is None):
            raise ValueError("`taken_from` and `answer` belong together: the step, and what of its answer")
        return self

    @property
    def step(self) -> str | None:
        """The earlier step that it speaks of."""
        return self.same_as or self.unlike or self.taken_from

    def differs(self, name: str, value: str | None, earlier: list[str], whose: str = "it") -> str | None:
        """What is wrong with a value, as the end of "but …"; None when nothing is.

        `earlier` are the values of the step's requests that this one is compared with, `whose` the request ("it") or
        the answer.
        """
        if self.is_ == ABSENT:
            return None if value is None else f"{whose} carried {name}: {_short(value)}"
        if value is None:
            return f"{whose} carried no {name}"
        if self.is_ is not None:
            if self.is_ == PRESENT or self.is_.casefold() in (value.casefold(), _bare(value)):
                return None
            return f"{_whose(whose)} {name} was {_short(value)} instead of {self.is_}"
        if self.unlike is not None:
            return f"{_whose(whose)} {name} was the same as before: {_short(value)}" if value in earlier else None
        if value in earlier:
            return None
        known = f" ({_short(earlier[-1])})" if earlier else ""
        source = "the one of the earlier request" if self.same_as else f"the {self.answer} of the earlier answer"
        return f"{_whose(whose)} {name} was {_short(value)}, not {source}{known}"


def _whose(whose: str) -> str:
    return "its" if whose == "it" else f"{whose}'s"


def _bare(value: str) -> str:
    """A header's value without its parameters: `application/json; charset=utf-8` is application/json."""
    return value.partition(";")[0].strip().casefold()


def _short(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"
