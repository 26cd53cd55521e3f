"""One right answer among options; every wrong one says which signal rules it out."""

import random
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from lab.questions import Grade, QuestionKind, Run, graded, questions
from lab.questions.lettered import chosen, shuffled


class Option(BaseModel):
    """One option: right, or ruled out by a signal the learner could have seen."""

    model_config = ConfigDict(extra="forbid", frozen=True)

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


class OptionList(QuestionKind):
    """Base of the kinds whose parameters are a list of options."""

    options_: tuple[Option, ...] = Field(alias="options", min_length=2, max_length=26)

    @model_validator(mode="before")
    @classmethod
    def _list_as_it_is(cls, written: Any) -> Any:
        """`choice: [ … ]` is short for `choice: {options: [ … ]}`."""
        return {"options": written} if isinstance(written, list | tuple) else written

    @model_validator(mode="after")
    def _texts_differ(self) -> Self:
        texts = [option.answer.casefold() for option in self.options_]
        if len(set(texts)) != len(texts):
            raise ValueError("two options read the same")
        return self

    def options(self, rng: random.Random) -> list[str]:
        """The options' texts in the order of this session."""
        return shuffled([option.answer for option in self.options_], rng)

    def option(self, text: str) -> Option:
        """The option of that text."""
        return next(option for option in self.options_ if option.answer == text)

    @property
    def right(self) -> tuple[Option, ...]:
        """The right ones, in the file's order."""
        return tuple(option for option in self.options_ if option.right)

    def texts(self, run: Run) -> tuple[str, ...]:
        """The options as this session lettered them."""
        return run.options or tuple(option.answer for option in self.options_)


@questions.register("choice")
class Choice(OptionList):
    """One option is right; each wrong one explains which signal rules it out."""

    @model_validator(mode="after")
    def _one_right(self) -> Self:
        if len(self.right) != 1:
            raise ValueError(f"a choice has exactly one `right: true`, not {len(self.right)}; several: use `choices`")
        return self

    def help(self) -> str:
        """How to answer."""
        return "Answer with the letter of one option, for example: b."

    def grade(self, answer: Any, run: Run) -> Grade:
        """All or nothing, with the reason either way."""
        option = self.option(chosen(answer, self.texts(run)))
        if option.right:
            because = f" {option.because}" if option.because else ""
            return graded(1, f"Yes: {_lower(option.answer)}.{because}", truth=self.truth(run))
        return graded(0, f"No, and this is what rules it out: {_sentence(option.because_not or '')}")

    def truth(self, run: Run) -> str:
        """The right option, why, and what rules out the others."""
        (right,) = self.right
        lines = [f"{_sentence(right.answer)} {right.because or ''}".strip()]
        lines += [f"Not “{_plain(o.answer)}”: {_sentence(o.because_not or '')}" for o in self.options_ if not o.right]
        return "\n".join(lines)


def _plain(text: str) -> str:
    return text.strip().rstrip(".")


def _lower(text: str) -> str:
    text = _plain(text)
    return text[:1].lower() + text[1:] if text[1:2].islower() else text


def _sentence(text: str) -> str:
    text = text.strip()
    return text if text.endswith((".", "!", "?")) else f"{text}."
