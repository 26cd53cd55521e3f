"""A number of this run, computed from its telemetry at the moment of grading."""

import math
from typing import Annotated, Any, Self

from pydantic import Field, PositiveFloat, model_validator

from lab.core.errors import UsageError
from lab.core.registry import OneOf
from lab.core.units import Share
from lab.core.window import Window
from lab.core.written import Written
from lab.probes import Probe, probes
from lab.questions import Glance, Grade, Look, QuestionKind, Run, Wrong, graded, questions
from lab.questions.measured import LATELY_S, WindowName, said, windows_for
from lab.questions.run import unit_of
from lab.questions.spoken import spoken_number

_TO_MS = {"ms": 1.0, "s": 1000.0, "min": 60_000.0}
_FACTORS: dict[str, dict[str, float]] = {
    "%": {"%": 0.01, "": 0.01},
    "ms": {**_TO_MS, "": 1.0},
    "s": {unit: factor / 1000 for unit, factor in _TO_MS.items()} | {"": 1.0},
    "/s": {"/s": 1.0, "/min": 1 / 60, "": 1.0},
    "/min": {"/min": 1.0, "/s": 60.0, "": 1.0},
    "": {"": 1.0},
}
_SAYS = {
    "%": ("a percentage", "19 %"),
    "ms": ("a duration", "830 ms or 1.2 s"),
    "s": ("a duration", "12 s"),
    "/s": ("a rate", "16/s"),
    "/min": ("a rate", "90/min"),
    "": ("a plain number", "41"),
}


class Tolerance(Written):
    """How far off still counts: `share` of the true value, or `points` in the unit asked (percentage points for %)."""

    share: Share | None = None
    points: PositiveFloat | None = None

    @model_validator(mode="after")
    def _some(self) -> Self:
        if not self.share and self.points is None:
            raise ValueError("give a tolerance: `share: 10%`, or `points: 3` in the unit asked")
        return self

    def around(self, truth: float, unit: str) -> float:
        """The distance, in the probe's own unit, within which an answer is right."""
        points = (self.points or 0.0) * (0.01 if unit == "%" else 1.0)
        return max((self.share or 0.0) * abs(truth), points)


@questions.register("number")
class Number(QuestionKind):
    """A probe's value over a window of this run; within twice the tolerance is half right."""

    probe: Annotated[Probe, OneOf(probes)]
    window: WindowName = "incident"
    tolerance: Tolerance = Tolerance(share=0.15)
    asked_in: str | None = Field(default=None, alias="unit", description="The unit shown beside the question")

    @property
    def scale(self) -> str:
        """The unit of the probe's values: %, ms, s, /s, /min or none."""
        return unit_of(self.probe.say(3.0))

    @property
    def unit(self) -> str | None:
        """The unit asked in."""
        return self.asked_in or self.scale or None

    def help(self) -> str:
        """How to answer."""
        sort, example = _SAYS[self.scale]
        if not self.probe.over_time:
            return f"Answer with {sort} of this run, for example {example}."
        return (
            f"Answer with {sort} of this run, for example {example}: over the whole {self.window}, its last minute or "
            f"{LATELY_S:.0f} s, or a window you cite."
        )

    def grade(self, answer: Any, run: Run) -> Grade:
        """Right within the tolerance, half within twice of it; a wrong one says in which direction it is off."""
        candidates = self._read(answer)
        windows = windows_for(run, self.window)
        measured = [(window, value) for window in windows if not math.isnan(value := self._measure(run, window))]
        if not measured:
            raise UsageError("Nothing was measured in that window.", f"See what there is: `{self.probe.query()}`")
        best, window, truth, value = max(
            ((self._share(value, truth), window, truth, value) for window, truth in measured for value in candidates),
            key=lambda option: (option[0], -abs(option[3] - option[2])),
        )
        where = f"`{self._command(window)}`"
        if best == 1:
            return graded(1, f"Right: {self._told(truth, window)}", truth=self._told(truth, window))
        same = " over the same stretch" if self.probe.over_time else ""
        off = "high" if value > truth else "low"
        if best > 0:
            return graded(best, f"Close, but a little too {off}. Read it again{same}: {where}")
        far = "far " if abs(value - truth) > abs(truth) / 2 else ""
        return graded(0, f"Your number is {far}too {off}. Measure {self.probe.describe()} yourself: {where}")

    def truth(self, run: Run) -> str:
        """The value over the whole window and how to see it."""
        window = run.window(self.window)
        return self._told(self._measure(run, window), window)

    def solve(self, look: Look) -> str:
        """The number, read over the whole window."""
        value = look.measure(self.probe, look.window(self.window))
        if math.isnan(value):
            raise UsageError(f"Nothing shows {self.probe.describe()}.", f"See what there is: `{self.probe.query()}`")
        return self._spoken(value)

    def wrong(self, run: Run) -> list[Wrong]:
        """Numbers well outside what counts as close, on both sides."""
        window = run.window(self.window)
        truth = self._measure(run, window)
        off = 3 * self.tolerance.around(truth, self.scale)
        far = [(truth + off, "too high"), (truth - off, "too low")]
        highest = 1.0 if self.scale == "%" else math.inf
        # what the whole window calls far may be what its end shows
        return [
            Wrong(self._spoken(value), why)
            for value, why in far
            if 0 <= value <= highest and self._near(run, value) == 0
        ]

    def _near(self, run: Run, value: float) -> float:
        measured = [self._measure(run, window) for window in windows_for(run, self.window)]
        return max((self._share(value, truth) for truth in measured if not math.isnan(truth)), default=0.0)

    def guess(self, glance: Glance) -> str | None:
        """One of the numbers on the screen that have this unit."""
        values = glance.numbers.get(self.scale)
        return self._spoken(glance.rng.choice(values)) if values else None

    def _spoken(self, value: float) -> str:
        value = value * 100 if self.scale == "%" else value
        return f"{value:.0f} {self.scale}".rstrip() if value >= 1000 else f"{value:.4g} {self.scale}".rstrip()

    def _measure(self, run: Run, window: Window) -> float:
        return self.probe.measure(run.telemetry, window)

    def _told(self, value: float, window: Window) -> str:
        told = "not measured" if math.isnan(value) else self.probe.say(value)
        return f"{self.probe.describe()}: {told}, as `{self._command(window)}` shows."

    def _command(self, window: Window) -> str:
        return f"{self.probe.query()} {said(window)}" if self.probe.over_time else self.probe.query()

    def _share(self, value: float, truth: float) -> float:
        tolerance = self.tolerance.around(truth, self.scale)
        off = abs(value - truth)
        if off <= tolerance or self.probe.say(value) == self.probe.say(truth):
            return 1.0
        return 0.5 if off <= 2 * tolerance else 0.0

    def _read(self, answer: Any) -> list[float]:
        """What the answer may mean, in the probe's unit."""
        sort, example = _SAYS[self.scale]
        said_as = spoken_number(answer)
        if said_as is None:
            raise UsageError(f"{str(answer)[:40]!r} is not {sort}.", f"Answer with one number, for example {example}.")
        value, unit = said_as
        factors = _FACTORS[self.scale]
        if unit not in factors:
            raise UsageError(f"The question asks for {sort}.", f"Answer like {example}.")
        if unit:
            return [value * factors[unit]]
        meant = [value * factors[self.asked_in if self.asked_in in factors else ""]]
        if self.scale == "%" and value <= 1:
            meant.append(value)  # 0.19 and 19 both mean 19 %
        if self.scale == "ms" and value < 100 and self.asked_in is None:
            meant.append(value * 1000)  # 1.2 means seconds
        return meant
