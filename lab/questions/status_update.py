"""A stakeholder update in the learner's own words, checked for what it says and against what was measured."""

import math
import re
import time
from collections.abc import Mapping
from dataclasses import replace
from string import Template
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from lab.core.errors import UsageError
from lab.core.registry import OneOf
from lab.core.units import Share
from lab.probes import Probe, probes
from lab.questions import Detail, Fact, Glance, Grade, Look, QuestionKind, Run, Wrong, graded, questions
from lab.questions.trend import STEADY, Trend
from lab.questions.update import CHECKS, Claim, Known, check_update
from lab.questions.update.check import GRAVE_MOST, UPDATE_PASS_MARK, worth

LONGEST = 4000
EVERYDAY = {
    "orders_lost": "orders lost",
    "customers_affected": "customers affected",
    "checkouts_failed": "checkouts that failed",
}
"""What every run has a figure for, whether or not its scenario names it."""
LOST_LEAST = 0.01
"""An incident that loses fewer checkouts affects people otherwise; how many is not known from lost orders."""
NEXT_UPDATE_S = 1800


@questions.register("status_update")
class StatusUpdate(QuestionKind):
    """Free text for stakeholders: impact, scope, trend, next step, next update; no unproven cause, blame or jargon.

    Every figure in it must agree with this run's facts, the trend with the last minute of `trend`.
    """

    minds_fix: ClassVar[bool] = True

    trend: Annotated[Probe, OneOf(probes)] = Field(description="The probe whose direction the update must get right")
    more_is: Literal["better", "worse"] | None = Field(default=None, description="Which direction is good news")
    guard: Share = Field(default=0.15, description="A change below this share is steady")
    suspects: tuple[str, ...] = Field(default=(), description="More words for causes that are not proven yet")
    allowed: tuple[str, ...] = Field(default=(), description="Technical words this audience knows")
    untrue: tuple[Claim, ...] = Field(default=(), description="What must not be said, since it is false")
    example: str | None = Field(
        default=None,
        description="A good update, shown with the full explanation; `${facts}` and `${trend}` are this run's",
    )

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
        elif share >= UPDATE_PASS_MARK:
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
            said = {name: fact.say for name, fact in run.facts.items()}
            lines += ["For example:", self._filled(said, directions[0] if directions else STEADY)]
        return "\n".join(lines)

    def solve(self, look: Look) -> str:
        """The scenario's own example with this run's figures and trend in it."""
        if self.example is None:
            raise UsageError(
                "The status update has no `example:`, so nobody knows whether a good one is graded as good.",
                "Write one with this run's numbers as `${fact}` and the trend as `${trend}`.",
            )
        trend = Trend(probe=self.trend, guard=self.guard, more_is=self.more_is)
        direction = trend.solve(look)
        return self._filled(look.facts(), direction)  # figures last: they move while one writes

    def _filled(self, facts: Mapping[str, str], trend: str) -> str:
        later = time.strftime("%H:%M", time.localtime(time.time() + NEXT_UPDATE_S))
        return Template(self.example or "").safe_substitute({**facts, "trend": trend, "next_update": later})

    def wrong(self, run: Run) -> list[Wrong]:
        """The checklist itself, and the example with figures that are not this run's."""
        found = [Wrong(" ".join(CHECKS.values()), most=UPDATE_PASS_MARK - 0.01)]
        if self.example is not None:
            false = {name: _tripled(fact.say) for name, fact in run.facts.items()}
            trend = (self._directions(run) or (STEADY,))[0]
            text = self._filled(false, trend)
            if any(said != run.facts[name].say and f"${{{name}}}" in self.example for name, said in false.items()):
                found.append(Wrong(text, "This run does not show", GRAVE_MOST))
        return found

    def guess(self, glance: Glance) -> str | None:
        """An update that would do for any incident."""
        return glance.rng.choice(glance.texts) if glance.texts else None

    @property
    def stated(self) -> Known:
        """What the scenario says of every run."""
        allowed = tuple(word.lower() for word in self.allowed)
        return Known(suspects=self.suspects, allowed=allowed, untrue=self.untrue)

    def _known(self, run: Run) -> Known:
        return replace(
            self.stated,
            facts=[fact for fact in [*run.facts.values(), *_everyday(run, "incident")] if not math.isnan(fact.value)],
            after=_everyday(run, "load") if "load" in run.windows else [],
            recovered=run.fix is not None and run.fix.passed is True,
            directions=self._directions(run),
            proven=run.proven,
        )

    def _directions(self, run: Run) -> tuple[str, ...]:
        """What the trend is, or nothing when there is too little data to say."""
        trend = Trend(probe=self.trend, guard=self.guard, more_is=self.more_is)
        try:
            return trend.accepted(run)
        except UsageError:
            return ()


def _tripled(said: str) -> str:
    """A figure that nobody measured: `12 %` as `36 %`, a share above a third as a small one."""
    number = re.match(r"[\d.,]+", said)
    if number is None:
        return said
    value = float(number[0].replace(",", ""))
    false = value * 3 if "%" not in said or value * 3 <= 100 else value / 3
    return f"{false:.3g}{said[number.end() :]}"


def _everyday(run: Run, window: str) -> list[Fact]:
    """The business numbers every run has, whether or not its scenario names them."""
    business = run.telemetry.business(run.window(window))
    if not business.attempts:
        return []
    share = business.lost / business.attempts
    found = [
        Fact(EVERYDAY["orders_lost"], business.lost, f"{business.lost} orders"),
        Fact(EVERYDAY["checkouts_failed"], share, f"{100 * share:.0f} %"),
    ]
    if share >= LOST_LEAST or window == "load":
        people = business.customers_affected
        found.append(Fact(EVERYDAY["customers_affected"], people, f"{people} customers"))
    return found
