"""Requests to send, with any client: each step counts when it was really received."""

from collections.abc import Mapping
from typing import Any, Self

from pydantic import Field, model_validator

from lab.core.errors import UsageError
from lab.questions import Detail, Grade, Look, QuestionKind, Run, graded, questions
from lab.questions.steps.fitting import StepState, states
from lab.questions.steps.sending import send_all, spoken
from lab.questions.steps.step import Step
from lab.questions.steps.template import GENERATED

DONE = "done"
GIVEN = ("baseUrl", "sandboxUrl", "inboxUrl")
"""Variables that the lab gives a value."""


@questions.register("requests")
class Requests(QuestionKind):
    """Steps that are done by sending requests, graded by what was received with the learner's own key.

    Any client will do. A step counts as soon as its request has arrived, may be tried as often as one likes, and tells
    what was different about an attempt that came near.
    """

    steps: tuple[Step, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _steps_fit(self) -> Self:
        known: set[str] = set()
        for step in self.steps:
            if step.id in known:
                raise ValueError(f"two steps are called {step.id!r}")
            if unknown := step.refers_to() - known:
                raise ValueError(
                    f"the step {step.id!r} speaks of {', '.join(sorted(unknown))}, which is no step before it"
                )
            known.add(step.id)
        return self

    @model_validator(mode="after")
    def _variables_are_kept(self) -> Self:
        known = {*GENERATED, *GIVEN}
        for step in self.steps:
            known |= set(step.example.set_)
            if unknown := step.example.variables() - known:
                names = ", ".join(f"{{{{{name}}}}}" for name in sorted(unknown))
                raise ValueError(f"the step {step.id!r} uses {names}, which no step before it keeps")
            known |= set(step.keep)
        return self

    @property
    def answers_itself(self) -> bool:
        """What arrives is the answer."""
        return True

    def help(self) -> str:
        """How to answer."""
        return (
            "Send the requests with any client; each step ticks off as it arrives (`lab steps`). "
            "To leave it at what you have, answer: done."
        )

    def states(self, run: Run) -> list[StepState]:
        """Where each step stands."""

        def logged(trace_id: str, event: str) -> list[Mapping[str, object]]:
            if not trace_id:
                return []
            return [log.attributes for log in run.telemetry.logs(f"event:{event} trace:{trace_id}", limit=10)]

        return states(self.steps, run.requests, run.ticked, logged)

    def grade(self, answer: Any, run: Run) -> Grade:
        """The share of the steps that are done, by their weights."""
        if answer is not None and (not isinstance(answer, str) or answer.strip().casefold() not in ("", DONE)):
            raise UsageError("This question is answered by what you send.", self.help())
        found = self.states(run)
        share = worth(found)
        details = tuple(Detail(_line(one), one.done) for one in found)
        left = [one for one in found if not one.done]
        if not left:
            return graded(1, "Every step is done.", details, self.truth(run))
        feedback = f"{len(found) - len(left)} of {len(found)} steps are done. "
        feedback += next((one.hint for one in left if one.hint), f"Next: {left[0].step.do}")
        return graded(share, feedback, details)

    def truth(self, run: Run) -> str:
        """Every step with a request that does it, and what there was to notice."""
        lines = []
        for step in self.steps:
            notice = f" {step.notice.strip()}" if step.notice else ""
            lines.append(f"{step.do.strip()} `{spoken(step)}`{notice}")
        return "\n".join(lines)

    def solve(self, look: Look) -> str:
        """Send the example of each step, as any client would."""
        send_all(self.steps, look)
        return DONE


def worth(found: list[StepState]) -> float:
    """The share of the steps' weights that is done."""
    return sum(one.step.points for one in found if one.done) / sum(one.step.points for one in found)


def _line(state: StepState) -> str:
    return f"{state.step.do.strip()} {state.hint}".strip() if not state.done else state.step.do.strip()
