"""One right answer among options; every wrong one says which signal rules it out."""

from typing import Any, Self

from pydantic import model_validator

from lab.core.errors import UsageError
from lab.core.words import plain, sentence
from lab.questions import Glance, Grade, Look, Run, Wrong, graded, questions
from lab.questions.lettered import chosen
from lab.questions.option_list import OptionList


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
        option = self.option(chosen(answer, self.lettered(run)))
        if option.right:
            return graded(1, f"Yes: {sentence(option.answer)} {option.why()}".strip(), truth=self.truth(run))
        return graded(0, f"Not this one. What rules it out: {option.why()}")

    def taken_for(self, answer: Any, options: tuple[str, ...]) -> tuple[str, str] | None:
        """The right option and the chosen one."""
        (right,) = self.right
        try:
            return right.answer, chosen(answer, options)
        except UsageError:
            return None

    def truth(self, run: Run) -> str:
        """The right option, why, and what rules out the others."""
        (right,) = self.right
        lines = [f"{sentence(right.answer)} {right.why()}".strip()]
        return "\n".join(lines + [f"Not “{plain(option.answer)}”: {option.why()}" for option in self.wrong_ones])

    def solve(self, look: Look) -> str:
        """The right option; that a learner can tell is what the evidence is for."""
        return self.right[0].answer

    def wrong(self, run: Run) -> list[Wrong]:
        """Every other option, with the signal that rules it out."""
        return [Wrong(option.answer, option.why()) for option in self.wrong_ones]

    def guess(self, glance: Glance) -> str:
        """The option one likes best."""
        return glance.ranked()[0]
