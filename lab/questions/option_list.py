"""Options written as a list in the file: which are right, and what rules out the others."""

from typing import Any, ClassVar, Self

from pydantic import Field, GetJsonSchemaHandler, model_validator
from pydantic_core import CoreSchema

from lab.core.words import sentence
from lab.core.written import Written
from lab.questions import QuestionKind, Run


class Option(Written):
    """One option: right, or ruled out by a signal the learner could have seen."""

    answer: str = Field(min_length=1)
    right: bool = False
    because_not: str | None = Field(default=None, description="The signal in this run that rules it out")
    because: str | None = Field(default=None, description="The signal in this run that shows it is right")

    @model_validator(mode="after")
    def _explains_itself(self) -> Self:
        if self.right and self.because_not is not None:
            raise ValueError("an option is either `right: true` or has `because_not`, not both")
        if not self.right and self.because_not is None:
            raise ValueError(f"the wrong option {self.answer!r} needs `because_not`: the signal that rules it out")
        return self

    def why(self) -> str:
        """The signal that makes it right or rules it out, as a sentence; empty when none is stated."""
        reason = self.because if self.right else self.because_not
        return sentence(reason) if reason else ""


class ListKind(QuestionKind):
    """Base of the kinds that are a list by nature: `order: [ … ]` is short for `order: {steps: [ … ]}`."""

    the_list: ClassVar[str]
    """The parameter that the list is for, as it is written."""

    @model_validator(mode="before")
    @classmethod
    def _list_as_it_is(cls, written: Any) -> Any:
        return {cls.the_list: written} if isinstance(written, list | tuple) else written

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        written = handler.resolve_ref_schema(handler(schema))
        return {"anyOf": [written["properties"][cls.the_list], written], "description": written.get("description", "")}


class OptionList(ListKind):
    """Base of the kinds whose parameters are a list of options."""

    the_list = "options"
    listed: tuple[Option, ...] = Field(alias="options", min_length=2, max_length=26)

    @model_validator(mode="after")
    def _texts_differ(self) -> Self:
        texts = [option.answer.casefold() for option in self.listed]
        if len(set(texts)) != len(texts):
            raise ValueError("two options read the same")
        return self

    def option_texts(self) -> list[str]:
        """The options' texts."""
        return [option.answer for option in self.listed]

    def option(self, text: str) -> Option:
        """The option of that text."""
        return next(option for option in self.listed if option.answer == text)

    @property
    def right(self) -> tuple[Option, ...]:
        """The right ones, in the file's order."""
        return tuple(option for option in self.listed if option.right)

    @property
    def wrong_ones(self) -> tuple[Option, ...]:
        """The others."""
        return tuple(option for option in self.listed if not option.right)

    def lettered(self, run: Run) -> tuple[str, ...]:
        """The options as this session lettered them."""
        return run.options or tuple(self.option_texts())
