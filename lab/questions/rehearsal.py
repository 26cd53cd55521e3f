"""Running the migration under review on a copy of the data."""

from typing import Any

from lab.core.errors import UsageError
from lab.questions import Glance, Grade, Look, QuestionKind, Run, graded, questions
from lab.questions.requests import DONE


@questions.register("rehearsal")
class Rehearsal(QuestionKind):
    """Done once the lesson's migration has been run on a copy of the database; the answer is `done`."""

    def help(self) -> str:
        """How to answer."""
        return "Run it: `lab rehearse`. Then answer: done."

    def grade(self, answer: Any, run: Run) -> Grade:
        """Whether it was run; before that there is nothing to grade."""
        if answer is not None and (not isinstance(answer, str) or answer.strip().casefold() not in ("", DONE)):
            raise UsageError("This question is answered by what you do.", self.help())
        if not run.telemetry.logs("event:migration.rehearsed", limit=1):
            raise UsageError("Nothing was rehearsed yet.", "Run the migration on a copy: `lab rehearse`")
        return graded(1, "Done: you have seen it on a copy, and nobody noticed.", truth=self.truth(run))

    def truth(self, run: Run) -> str:
        """What the newest rehearsal did."""
        found = run.telemetry.logs("event:migration.rehearsed", limit=1)
        return f"{found[0].message}." if found else "Run the migration on a copy: `lab rehearse`"

    def solve(self, look: Look) -> str:
        """Rehearse."""
        look.rehearse()
        return DONE

    def guess(self, glance: Glance) -> str:
        """It costs nothing to do."""
        return DONE
