"""Several right answers among options."""

from typing import Any, Self

from pydantic import model_validator

from lab.questions import Detail, Grade, Run, graded, questions
from lab.questions.lettered import joined, plain, several
from lab.questions.option_list import OptionList


@questions.register("choices")
class Choices(OptionList):
    """Several options are right: the share of right ones ticked, less the share of wrong ones ticked."""

    @model_validator(mode="after")
    def _some_right_some_wrong(self) -> Self:
        if not self.right or not self.wrong:
            raise ValueError("choices need at least one right and at least one wrong option")
        return self

    def help(self) -> str:
        """How to answer."""
        return "Answer with the letters of all that apply, for example: a, c; a wrong one costs what a right one earns."

    def grade(self, answer: Any, run: Run) -> Grade:
        """Ticking everything, like ticking nothing, earns nothing."""
        ticked = [self.option(text) for text in several(answer, self.lettered(run))]
        hits = [option for option in ticked if option.right]
        misses = [option for option in ticked if not option.right]
        share = len(hits) / len(self.right) - len(misses) / len(self.wrong)
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
        return "\n".join(lines + [f"Does not: {plain(option.answer)}. {option.why()}" for option in self.wrong])
