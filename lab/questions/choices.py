"""Several right answers among options."""

from typing import Any, Self

from pydantic import model_validator

from lab.core.words import joined, plain
from lab.questions import Detail, Glance, Grade, Look, Run, Wrong, graded, questions
from lab.questions.lettered import several
from lab.questions.option_list import OptionList


@questions.register("choices")
class Choices(OptionList):
    """Several options are right: the share of right ones ticked, less the share of wrong ones ticked."""

    @model_validator(mode="after")
    def _some_right_some_wrong(self) -> Self:
        if not self.right or not self.wrong_ones:
            raise ValueError("choices need at least one right and at least one wrong option")
        return self

    def help(self) -> str:
        """How to answer."""
        return (
            "Answer with the letters of all that apply, for example: a, c. "
            "All wrong ones together cost what all right ones earn."
        )

    def grade(self, answer: Any, run: Run) -> Grade:
        """Ticking everything, like ticking nothing, earns nothing."""
        ticked = [self.option(text) for text in several(answer, self.lettered(run))]
        hits = [option for option in ticked if option.right]
        misses = [option for option in ticked if not option.right]
        share = len(hits) / len(self.right) - len(misses) / len(self.wrong_ones)
        details = tuple(Detail(f"{plain(o.answer)}: {o.why() or 'yes.'}", True) for o in hits)
        details += tuple(Detail(f"{plain(o.answer)}: {o.why()}", False) for o in misses)
        left = len(self.right) - len(hits)
        if share == 1:
            feedback = "All of them, and nothing else."
        else:
            said = [f"{len(hits)} of your {len(ticked)} apply"] if hits else ["None of these applies"]
            said += [f"{len(misses)} {'is' if len(misses) == 1 else 'are'} ruled out, see why below"] if misses else []
            said += ["there is more to find"] if left and hits else []
            feedback = f"{joined(said)}."
        return graded(share, feedback, details, self.truth(run))

    def truth(self, run: Run) -> str:
        """Every option with its reason."""
        lines = [f"Applies: {plain(option.answer)}. {option.why()}".strip() for option in self.right]
        return "\n".join(lines + [f"Does not: {plain(option.answer)}. {option.why()}" for option in self.wrong_ones])

    def solve(self, look: Look) -> list[str]:
        """All right options."""
        return [option.answer for option in self.right]

    def wrong(self, run: Run) -> list[Wrong]:
        """Everything, and each wrong option beside the right ones."""
        every = Wrong(list(self.option_texts()), self.wrong_ones[0].why())
        right = [option.answer for option in self.right]
        cost = 1 / len(self.wrong_ones)
        return [every, *(Wrong([*right, option.answer], option.why(), 1 - cost) for option in self.wrong_ones)]

    def guess(self, glance: Glance) -> list[str]:
        """The better half."""
        ranked = glance.ranked()
        return ranked[: max(1, round(len(ranked) / 2))]
