"""The fix itself: chosen, applied and proved by a load test."""

from typing import Any, ClassVar

from pydantic import Field

from lab.core.errors import UsageError
from lab.core.units import Share, say_share
from lab.core.words import sentence
from lab.questions import Detail, Fix, Glance, Grade, Look, QuestionKind, Run, graded, questions

NOTHING = "nothing"
_NOTHING = (NOTHING, f"do {NOTHING}", f"{NOTHING} needs doing")


@questions.register("mitigation")
class Mitigated(QuestionKind):
    """Graded by what was applied and by the load test: which mitigation, whether it passed, after how many attempts."""

    minds_fix: ClassVar[bool] = True

    nothing: bool = Field(default=False, description="Right is to do nothing: the answer is `nothing`")
    trade_off_share: Share = Field(default=0.7, description="What a fix is worth that works at the wrong price")
    attempt_cost: Share = Field(default=0.4, description="What each further mitigation tried costs, as a share")

    def help(self) -> str:
        """How to answer."""
        # the same words whether or not something is wrong
        return (
            "Apply a mitigation with `lab fix`, prove it with `lab load`, then answer: done. "
            f"If you think that nothing needs doing, answer: {NOTHING}."
        )

    def grade(self, answer: Any, run: Run) -> Grade:
        """From the fix in force and its load test; the answer itself is only `done`."""
        fix = run.fix
        said = answer.strip().rstrip(".!").casefold() if isinstance(answer, str) else ""
        if said in _NOTHING:
            return self._left_alone(run)
        if answer not in (None, "", True) and not isinstance(answer, str):
            raise UsageError("This question is answered by what you do.", self.help())
        if fix is None:
            raise UsageError("No mitigation is applied yet.", "Choose one: `lab fix`")
        if said not in ("", "done", "yes", fix.id.casefold()):
            raise UsageError(
                f"The mitigation in force is {fix.id!r}, not {answer[:40]!r}.",
                "Answer `done` for it, or apply another: `lab fix`",
            )
        if fix.passed is None and not fix.in_force:
            raise UsageError(f"{fix.id!r} was taken back before it was proved.", "Apply one: `lab fix`")
        if fix.passed is None:
            raise UsageError(f"{fix.id!r} is applied but not proved yet.", "Run the load test: `lab load`")
        if self.nothing:
            return graded(0, self._needless(fix), (Detail("Something was wrong before it", False),))
        cost = self.attempt_cost * (fix.attempts - 1)
        tried = Detail(f"Attempts: {fix.attempts}", fix.attempts == 1)
        if not fix.passed:
            why = sentence(fix.because_not) if fix.because_not else "The load test shows which objective it missed."
            return graded(0, f"The load test failed with it. {why}", (Detail("Load test passed", False), tried))
        details: tuple[Detail, ...] = (Detail("Load test passed", True), tried)
        worth = 1.0 if fix.right else self.trade_off_share
        feedback = f"Proved: {sentence(fix.text)} The load test passed with it."
        if fix.trade_off:
            feedback = f"It works: the load test passed. But there is a price: {sentence(fix.trade_off)}"
            details += (Detail("Fits the constraint in the brief", False),)
        if fix.attempts > 1:
            feedback += f" It took {fix.attempts} attempts; each further one costs {say_share(self.attempt_cost)}."
        # A proved fix is never worth nothing, however long it took to find.
        return graded(max(worth - cost, 0.2), feedback, details, self.truth(run))

    def _left_alone(self, run: Run) -> Grade:
        """Doing nothing is right where nothing is wrong, and only as long as nothing was done."""
        if not self.nothing:
            return graded(0, "Something has to be done: look at what customers get. Choose a mitigation: `lab fix`")
        if run.fix is None:
            return graded(1, "Right: nothing needed doing, and nothing was done.", truth=self.truth(run))
        cost = self.attempt_cost * run.fix.attempts
        why = sentence(run.fix.because_not) if run.fix.because_not else ""
        feedback = f"Nothing needed doing, but {run.fix.id!r} was applied. {why}".strip()
        return graded(max(1 - cost, 0.0), feedback, (Detail(f"Mitigations tried: {run.fix.attempts}", False),))

    def _needless(self, fix: Fix) -> str:
        """Of a fix for what was never broken."""
        said = "The load test would have passed without it as well." if fix.passed else "The load test failed with it."
        return f"{said} Look again at the numbers from before it: what did customers get?"

    def truth(self, run: Run) -> str:
        """What is in force and what the load test said; the debrief compares all mitigations."""
        fix = run.fix
        if self.nothing:
            return "Nothing needed doing. Every mitigation costs something and changes a shop that works."
        if fix is None:
            return "No mitigation was applied. `lab fix` lists them, and the debrief says what each one does."
        reason = fix.trade_off or fix.because_not
        outcome = {True: "passed", False: "failed", None: "was not run"}[fix.passed]
        return f"{sentence(fix.text)} The load test {outcome}. {sentence(reason) if reason else ''}".strip()

    def solve(self, look: Look) -> str:
        """What was done is the answer."""
        return NOTHING if self.nothing else "done"

    def guess(self, glance: Glance) -> str:
        """Somebody who does not look picks any fix; a proof grades each of them."""
        return "done"
