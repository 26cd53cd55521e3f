"""Putting steps in order."""

from itertools import pairwise
from typing import Any, Self

from pydantic import Field, model_validator

from lab.core.errors import UsageError
from lab.core.words import plain, sentence
from lab.questions import Detail, Glance, Grade, Look, Run, Wrong, graded, questions
from lab.questions.lettered import several
from lab.questions.option_list import ListKind


@questions.register("order")
class Order(ListKind):
    """Steps to put in order, written in the right one; each pair of neighbours that is right counts."""

    the_list = "steps"
    steps: tuple[str, ...] = Field(min_length=3, max_length=10)
    because: str | None = Field(default=None, description="Why this order")

    @model_validator(mode="after")
    def _texts_differ(self) -> Self:
        if len({step.casefold() for step in self.steps}) != len(self.steps):
            raise ValueError("two steps read the same")
        return self

    def option_texts(self) -> list[str]:
        """The steps."""
        return list(self.steps)

    def help(self) -> str:
        """How to answer."""
        return "Answer with all letters in the right order, for example: b, a, c."

    def grade(self, answer: Any, run: Run) -> Grade:
        """The share of neighbours that follow each other as they should."""
        lettered = run.options or self.steps
        given = several(answer, lettered)
        if len(given) != len(self.steps):
            raise UsageError(f"{len(given)} of {len(self.steps)} steps are in your order.", "Name every letter once.")
        right = set(pairwise(self.steps))
        details = tuple(
            Detail(f"{plain(first)} → {plain(then)}", (first, then) in right) for first, then in pairwise(given)
        )
        hits = sum(detail.ok for detail in details)
        if tuple(given) == self.steps:
            feedback = f"That is the order. {sentence(self.because) if self.because else ''}".strip()
        elif hits:
            feedback = f"{hits} of {len(details)} steps follow the right one; look at where the chain breaks below."
        else:
            feedback = "No step follows the one it should. Ask of each: what must have happened before it?"
        return graded(hits / len(details), feedback, details, self.truth(run))

    def truth(self, run: Run) -> str:
        """The order and why."""
        listed = "\n".join(f"{number}. {step}" for number, step in enumerate(self.steps, 1))
        return f"{listed}\n{sentence(self.because)}" if self.because else listed

    def solve(self, look: Look) -> list[str]:
        """The order as the scenario states it."""
        return list(self.steps)

    def wrong(self, run: Run) -> list[Wrong]:
        """Backwards, and the last step first."""
        turned = [self.steps[-1], *self.steps[:-1]]
        return [Wrong(list(self.steps[::-1])), Wrong(turned, most=1 - 1 / (len(self.steps) - 1))]

    def guess(self, glance: Glance) -> list[str]:
        """The steps as one likes them."""
        return glance.ranked()
