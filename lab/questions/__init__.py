"""Questions: what the learner is asked and how an answer is graded against this run's own evidence.

A kind is one file here; in a scenario it reads `number: {probe: {error_rate: {service: gateway}}, …}` or, where a kind
is a list by nature, `choice: [{answer: …, right: true}, …]`. Grading is pure: it reads telemetry and changes nothing.
A malformed answer raises UsageError and costs nothing; a wrong one comes back as a Grade that says why.
"""

import random
from typing import Any, ClassVar

from lab.core.registry import Kind, Registry
from lab.questions.look import Glance, Look, Wrong
from lab.questions.run import Detail, Fact, Fix, Grade, Run, graded


class QuestionKind(Kind):
    """Base of every kind of question."""

    minds_fix: ClassVar[bool] = False
    """Whether a grade depends on the mitigation that was applied."""

    def options(self, rng: random.Random | None = None) -> list[str] | None:
        """The texts to choose from, shuffled by `rng`; the session letters them a, b, c …; None when there are none."""
        texts = self.option_texts()
        if texts is not None and rng is not None:
            rng.shuffle(texts)
        return texts

    def option_texts(self) -> list[str] | None:
        """The texts to choose from, in the file's order."""
        return None

    def help(self) -> str:
        """How to answer, in one sentence."""
        raise NotImplementedError

    @property
    def unit(self) -> str | None:
        """The unit a number is asked in."""
        return None

    @property
    def checklist(self) -> tuple[str, ...] | None:
        """What a free text is checked for, shown after the first submission; None for other kinds."""
        return None

    @property
    def answers_itself(self) -> bool:
        """Whether what the learner does is the answer, so that it counts as soon as it is seen and trying is free."""
        return False

    def grade(self, answer: Any, run: Run) -> Grade:
        """What the answer is worth and why; UsageError when it is not an answer at all."""
        raise NotImplementedError

    def taken_for(self, answer: Any, options: tuple[str, ...]) -> tuple[str, str] | None:
        """What it is, and what this answer takes it for; None for kinds where that makes no sense."""
        return None

    def truth(self, run: Run) -> str:
        """The full explanation, for whoever asks to see it."""
        raise NotImplementedError

    def solve(self, look: Look) -> Any:
        """A right answer, found as a learner finds it; LabError when it cannot be found."""
        raise NotImplementedError

    def wrong(self, run: Run) -> list[Wrong]:
        """Wrong answers in this run, each of which must lose marks and be told why."""
        return []

    def guess(self, glance: Glance) -> Any:
        """What somebody answers who does not look closely; None when there is nothing to answer with."""
        return None


questions: Registry[QuestionKind] = Registry("lab.questions", "question")

__all__ = [
    "Detail",
    "Fact",
    "Fix",
    "Glance",
    "Grade",
    "Look",
    "QuestionKind",
    "Run",
    "Wrong",
    "graded",
    "questions",
]
