"""Is it getting better, getting worse, or holding steady?"""

import math
from collections.abc import Callable
from contextlib import suppress
from statistics import fmean
from typing import Annotated, Any, Literal

from pydantic import Field

from lab.core.errors import UsageError
from lab.core.registry import OneOf
from lab.core.units import Share
from lab.core.window import Window
from lab.probes import Probe, probes
from lab.questions import Glance, Grade, Look, QuestionKind, Run, Wrong, graded, questions
from lab.questions.lettered import chosen
from lab.questions.measured import WindowName, latest, said, windows_for

BETTER, STEADY, WORSE = "getting better", "holding steady", "getting worse"
MEANINGS = {
    BETTER: ("better", "improving", "recovering", BETTER),
    WORSE: ("worse", "worsening", "deteriorating", WORSE),
    STEADY: ("steady", "stable", "the same", "flat", "unchanged", STEADY),
}
MORE_IS_BETTER = {"paid", "revenue"}
SLICES = 8
BAND = (0.75, 1.33)
"""Between these multiples of the guard both answers are right."""
CHANCE_BAND = (0.5, 1.33)
"""Where chance sets the guard: eight slices tell its strength within a third only (1 / √12)."""
LOOKED_S = (0.5, 1.0, 1.5, 2.0, 5.0, 10.0)
"""Between looking and answering, a direction may change; what was true so long ago is right as well."""
LEAST_S = 2.0
"""Who looks earlier than that has seen nothing yet."""
SOLVED_S = (1.0, 1.5, 2.0)
"""A solver looks at what ended so long ago: all of it has come in. It says what most of these looks show."""


@questions.register("trend")
class Trend(QuestionKind):
    """The direction a probe moves in, between the halves of the cited window or of the last minute.

    A change smaller than the guard, or than what chance alone would do, is steady; close to the guard both answers
    are right.
    """

    probe: Annotated[Probe, OneOf(probes)]
    window: WindowName = "incident"
    guard: Share = Field(default=0.15, description="A change below this share of the larger half is steady")
    more_is: Literal["better", "worse"] | None = Field(default=None, description="Which direction is good news")

    def option_texts(self) -> list[str]:
        """The three directions."""
        return [BETTER, STEADY, WORSE]

    def help(self) -> str:
        """How to answer."""
        return "Answer better, worse or steady, for the last minute or for the window you cite."

    def grade(self, answer: Any, run: Run) -> Grade:
        """Right or wrong; the feedback compares both halves, and what is normal."""
        given = _direction(answer, run.options or tuple(self.option_texts()))
        whole, *_ = windows_for(run, self.window)
        cited = "cited" in run.windows
        window = whole if cited else latest(whole)
        accepted = self.directions(run, window) if cited else self.accepted(run)
        where = f"`{self.probe.query()} {said(window)}`"
        if given in accepted:
            return graded(1, f"Yes, {given}. {self._story(run, window)}", truth=self._story(run, window))
        return graded(
            0, f"It is not {given}. Compare the earlier and the later half of the window, not single points: {where}"
        )

    def truth(self, run: Run) -> str:
        """The direction with the values of both halves."""
        window = latest(run.window(self.window))
        return f"{' or '.join(self.directions(run, window)).capitalize()}. {self._story(run, window)}"

    def directions(self, run: Run, window: Window) -> tuple[str, ...]:
        """The direction in the window; two of them, the likelier first, close to the guard.

        UsageError when there is too little data.
        """
        return self._moved(lambda part: self.probe.measure(run.telemetry, part), window)

    def accepted(self, run: Run) -> tuple[str, ...]:
        """The direction in the last minute, and the ones in it when somebody looked who answers now."""
        window = run.window(self.window)
        found = self.directions(run, latest(window))
        for ago_s in LOOKED_S if self.window == "incident" else ():  # the others have ended
            looked = Window(window.start_s, window.end_s - ago_s)
            if looked.seconds >= LEAST_S:
                with suppress(UsageError):  # too little data then, enough now
                    found = tuple(dict.fromkeys([*found, *self.directions(run, latest(looked))]))
        return found

    def _moved(self, measure: Callable[[Window], float], window: Window) -> tuple[str, ...]:
        earlier, later = (measure(half) for half in window.halves())
        if math.isnan(earlier) or math.isnan(later):
            raise UsageError("There is too little data in that window.", "Wait a little, or cite a longer window.")
        change = later - earlier
        # What chance alone does to a half: the scatter of its slices, averaged or added up, for both halves together.
        slices = SLICES / 2
        noise = _scatter(measure, window) * math.sqrt(2 * slices if self.probe.adds_up else 2 / slices)
        if self.probe.adds_up:  # a few events may happen to lie evenly; Poisson's deviation is what they have at least
            noise = max(noise, math.sqrt(earlier + later))
        asked = self.guard * max(abs(earlier), abs(later))
        guard, (least, most) = max((asked, BAND), (2 * noise, CHANCE_BAND))
        more_is = self.more_is or ("better" if self.probe.kind() in MORE_IS_BETTER else "worse")
        moved = BETTER if (change > 0) == (more_is == "better") else WORSE
        if abs(change) <= least * guard:
            return (STEADY,)
        if abs(change) > most * guard:
            return (moved,)
        return (moved, STEADY) if abs(change) > guard else (STEADY, moved)

    def solve(self, look: Look) -> str:
        """The direction between the halves of the last minute, chance allowed for, that most of a few looks show."""
        window = look.window(self.window)
        seen: list[str] = []
        for ago_s in SOLVED_S if self.window == "incident" else ():
            looked = Window(window.start_s, window.end_s - ago_s)
            if looked.seconds >= LEAST_S:
                with suppress(UsageError):  # too little data then
                    seen.append(self._moved(lambda part: look.measure(self.probe, part), latest(looked))[0])
        if not seen:
            return self._moved(lambda part: look.measure(self.probe, part), latest(window))[0]
        return max(seen, key=seen.count)

    def wrong(self, run: Run) -> list[Wrong]:
        """The directions in which it does not move."""
        right = self.accepted(run)
        return [Wrong(option, "Compare the earlier and the later half") for option in MEANINGS if option not in right]

    def guess(self, glance: Glance) -> str:
        """The direction one likes best."""
        return glance.ranked()[0]

    def _story(self, run: Run, window: Window) -> str:
        earlier, later = (self.probe.measure(run.telemetry, half) for half in window.halves())
        story = f"{self.probe.describe()}: {self.probe.say(earlier)}, then {self.probe.say(later)}"
        baseline = run.windows.get("baseline")
        if baseline is not None and not math.isnan(usual := self.probe.measure(run.telemetry, baseline)):
            story += f"; in the healthy baseline it was {self.probe.say(usual)}"
        return f"{story}."


def _scatter(measure: Callable[[Window], float], window: Window) -> float:
    """The standard deviation of slices about the mean of their half."""
    step = window.seconds / SLICES
    slices = [measure(Window(window.start_s + n * step, window.start_s + (n + 1) * step)) for n in range(SLICES)]
    squares = []
    for half in (slices[: SLICES // 2], slices[SLICES // 2 :]):
        values = [value for value in half if not math.isnan(value)]
        if len(values) > 1:
            mean = fmean(values)
            squares.append(sum((value - mean) ** 2 for value in values) / (len(values) - 1))
    return math.sqrt(fmean(squares)) if squares else 0.0


def _direction(answer: Any, options: tuple[str, ...]) -> str:
    if isinstance(answer, str):
        word = answer.strip().casefold().rstrip(".")
        for direction, words in MEANINGS.items():
            if word in words:
                return direction
    try:
        return chosen(answer, options)
    except UsageError as error:
        raise UsageError(error.what, "Answer better, worse or steady.") from None
