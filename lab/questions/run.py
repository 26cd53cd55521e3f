"""What grading knows: the run's telemetry and windows, what the learner cited and fixed, the numbers of this run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from lab.core.errors import UsageError
from lab.core.window import Window
from lab.questions.steps.received import Received, from_telemetry
from lab.telemetry import Telemetry

RIGHT, PARTLY, WRONG = "right", "partly", "wrong"


@dataclass(frozen=True, slots=True)
class Fact:
    """A measured number of this run.

    `says` is what it is ("checkouts that failed"), `value` is in the unit of the probe that measured it, `say` is the
    value with its unit as people read it ("31 %", "1.23 s", "41 orders"), `kind` is the probe's kind and `tolerance`
    the relative error that an update written by a person may have.
    """

    says: str
    value: float
    say: str
    kind: str = ""
    tolerance: float = 0.2

    @property
    def unit(self) -> str:
        """share, seconds, rate or count."""
        return UNIT_NAMES[unit_of(self.say)]

    @property
    def canonical(self) -> float:
        """A share as 0 to 1, a duration in seconds, everything else as it is."""
        if self.unit != "seconds":
            return self.value
        # Probes measure latency in milliseconds and ages in seconds; the spoken form tells which.
        said = spoken_seconds(self.say)
        in_ms = self.value / 1000
        return in_ms if abs(in_ms - said) < abs(self.value - said) else self.value


UNIT_NAMES = {"%": "share", "ms": "seconds", "s": "seconds", "/s": "rate", "/min": "rate", "": "count"}


def unit_of(said: str) -> str:
    """The unit a value is said in: `%`, `ms`, `s`, `/s`, `/min`, or nothing for plain counts."""
    if "%" in said:
        return "%"
    if re.search(r"/\s*s\b|per second|a second", said):
        return "/s"
    if re.search(r"/\s*min\b|per minute|a minute", said):
        return "/min"
    duration = re.search(r"\d\s*(ms|s|min)\b", said)
    return "" if duration is None else "ms" if duration[1] == "ms" else "s"


def spoken_seconds(said: str) -> float:
    """`2 min 5 s` or `830 ms` in seconds; 0 when no duration is said."""
    found = re.findall(r"(\d+(?:\.\d+)?)\s*(ms|min|s)\b", said.replace(",", ""))
    return sum(float(number) * {"ms": 0.001, "s": 1.0, "min": 60.0}[unit] for number, unit in found)


@dataclass(frozen=True, slots=True)
class Fix:
    """The mitigation that is applied now, or was last, and what the load test said about it.

    `passed` is None while no load test has run with it; `attempts` counts the different mitigations tried in this run,
    this one included. It either is `right`, or works with a `trade_off`, or does not work and says `because_not`.
    """

    id: str
    text: str
    right: bool = False
    works: bool = False
    trade_off: str | None = None
    because_not: str | None = None
    attempts: int = 1
    passed: bool | None = None
    in_force: bool = True


@dataclass(frozen=True, slots=True)
class Detail:
    """One line of a grade: what was checked, and whether it holds."""

    text: str
    ok: bool


@dataclass(frozen=True, slots=True)
class Grade:
    """What an answer is worth, 0 to 1, and why. `truth` is told only when the answer is right."""

    share: float
    verdict: str
    feedback: str
    details: tuple[Detail, ...] = ()
    truth: str | None = None


def graded(share: float, feedback: str, details: tuple[Detail, ...] = (), truth: str | None = None) -> Grade:
    """A grade with the verdict that belongs to its share; the truth is kept back unless it is right."""
    share = round(min(max(share, 0.0), 1.0), 4)
    verdict = RIGHT if share == 1 else PARTLY if share > 0 else WRONG
    return Grade(share, verdict, feedback, details, truth if verdict == RIGHT else None)


@dataclass(frozen=True, slots=True)
class Run:
    """Everything of one run that an answer is graded against; grading changes nothing.

    `windows` has baseline and incident, load once a load test ran, cited when the learner pinned one for this answer.
    `options` are the texts as lettered for this session. `cites` maps E1, E2 … to references (`lab.questions.refs`).
    `proven` says whether the learner has earned the question about the cause. `received` are the learner's own
    requests (None: those that the telemetry has), `ticked` the steps of this question that were done before.
    """

    telemetry: Telemetry
    windows: Mapping[str, Window]
    options: tuple[str, ...] = ()
    cites: Mapping[str, str] = field(default_factory=dict)
    fix: Fix | None = None
    facts: Mapping[str, Fact] = field(default_factory=dict)
    now: float = 0.0
    proven: bool = False
    received: tuple[Received, ...] | None = None
    ticked: Mapping[str, Received] = field(default_factory=dict)

    @property
    def requests(self) -> tuple[Received, ...]:
        """What was received with the learner's own keys, oldest first."""
        return from_telemetry(self.telemetry) if self.received is None else self.received

    def window(self, name: str) -> Window:
        """The window of that name; UsageError when this run has none yet."""
        try:
            return self.windows[name]
        except KeyError:
            warmed = "Run `lab load`; it begins once its customers have warmed up."
            hint = warmed if name == "load" else "Wait until `lab status` says that it is open."
            raise UsageError(f"This run has no {name} window yet.", hint) from None
