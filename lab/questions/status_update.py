"""A stakeholder update in the learner's own words, checked for what it says and against what was measured."""

import math
from typing import Annotated, Any, Literal

from pydantic import Field

from lab.core.errors import UsageError
from lab.core.registry import OneOf
from lab.core.units import Share
from lab.probes import Probe, probes
from lab.questions import Detail, Fact, Grade, QuestionKind, Run, graded, questions
from lab.questions.measured import latest
from lab.questions.trend import Trend
from lab.questions.update import CHECKS, Known, check_update
from lab.questions.update.check import PASS_MARK, worth

LONGEST = 4000


@questions.register("status_update")
class StatusUpdate(QuestionKind):
    """Free text for stakeholders: impact, scope, trend, next step, next update; no unproven cause, blame or jargon.

    Every figure in it must agree with this run's facts, the trend with the last minute of `trend`.
    """

    trend: Annotated[Probe, OneOf(probes)] = Field(description="The probe whose direction the update must get right")
    more_is: Literal["better", "worse"] | None = Field(default=None, description="Which direction is good news")
    guard: Share = Field(default=0.15, description="A change below this share is steady")
    suspects: tuple[str, ...] = Field(default=(), description="More words for causes that are not proven yet")
    allowed: tuple[str, ...] = Field(default=(), description="Technical words this audience knows")
    example: str | None = Field(default=None, description="A good update, shown with the full explanation")

    @property
    def checklist(self) -> tuple[str, ...]:
        """What is checked."""
        return tuple(CHECKS.values())

    def help(self) -> str:
        """How to answer."""
        return "Write three to six plain sentences, as you would send them to people who do not know our systems."

    def grade(self, answer: Any, run: Run) -> Grade:
        """The share of the checklist that holds; little for what would have to be taken back tomorrow."""
        if not isinstance(answer, str) or not answer.strip():
            raise UsageError("An update is a text.", self.help())
        if len(answer) > LONGEST:
            raise UsageError(
                f"{len(answer)} characters are more than anybody reads.", f"Keep it below {LONGEST} characters."
            )
        checks = check_update(answer, self._known(run))
        details = tuple(Detail(check.advice if not check.ok else CHECKS[check.name], check.ok) for check in checks)
        share = worth(checks)
        missing = [check.advice for check in checks if not check.ok]
        if not missing:
            feedback = (
                "You could send this: it says who cannot do what, how many, where it is heading and what comes next."
            )
        elif share >= PASS_MARK:
            feedback = f"Nearly there. {missing[0]}"
        else:
            feedback = f"Not to be sent yet. {missing[0]}"
        return graded(share, feedback, details, self.truth(run))

    def truth(self, run: Run) -> str:
        """The checklist, the figures of this run, and an example where the scenario has one."""
        lines = ["A good update:", *(f"- {text}" for text in CHECKS.values())]
        facts = [f"- {fact.says}: {fact.say}" for fact in run.facts.values() if not math.isnan(fact.value)]
        if facts:
            lines += ["This run's figures:", *facts]
        directions = self._directions(run)
        if directions:
            lines.append(f"The trend: {' or '.join(directions)}.")
        if self.example:
            lines += ["For example:", self.example]
        return "\n".join(lines)

    def _known(self, run: Run) -> Known:
        return Known(
            facts=[fact for fact in [*run.facts.values(), *_everyday(run, "incident")] if not math.isnan(fact.value)],
            after=_everyday(run, "load") if "load" in run.windows else [],
            recovered=run.fix is not None and run.fix.passed is True,
            directions=self._directions(run),
            proven=run.proven,
            suspects=self.suspects,
            allowed=tuple(word.lower() for word in self.allowed),
        )

    def _directions(self, run: Run) -> tuple[str, ...]:
        """What the trend is, or nothing when there is too little data to say."""
        trend = Trend(probe=self.trend, guard=self.guard, more_is=self.more_is)
        try:
            return trend.directions(run, latest(run.window("incident")))
        except UsageError:
            return ()


def _everyday(run: Run, window: str) -> list[Fact]:
    """The business numbers every run has, whether or not its scenario names them."""
    business = run.telemetry.business(run.window(window))
    if not business.attempts:
        return []
    return [
        Fact("orders lost", business.lost, f"{business.lost} orders"),
        Fact("customers affected", business.customers_affected, f"{business.customers_affected} customers"),
        Fact(
            "checkouts that failed",
            business.lost / business.attempts,
            f"{100 * business.lost / business.attempts:.0f} %",
        ),
    ]
