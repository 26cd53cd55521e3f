"""What a proof found: rows of figures against bounds, in steps, of one scenario and seed."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

OK, FAILED, NOT_REACHED = "ok", "failed", "not reached"


@dataclass(frozen=True, slots=True)
class Row:
    """One figure against its bound. `clears` is how many times it clears the bound, `needs` how many it must.

    `instead` says what was seen, and what to do about it, when it is not ok.
    """

    what: str
    measured: str
    bound: str
    ok: bool
    instead: str = ""
    clears: float | None = None
    needs: float | None = None
    key: bool = True
    """Shown even when all is well; the others are there for whoever asks for everything."""

    def as_json(self) -> dict[str, Any]:
        """Plain data; an infinite clearance is null, as in `needs` without `clears`."""
        clears = None if self.clears is None or not math.isfinite(self.clears) else round(self.clears, 3)
        return {
            "what": self.what,
            "measured": self.measured,
            "bound": self.bound,
            "clears": clears,
            "needs": self.needs,
            "ok": self.ok,
            "instead": "" if self.ok else self.instead,
        }


@dataclass(frozen=True, slots=True)
class Judged:
    """One step's outcome."""

    name: str
    rows: tuple[Row, ...] = ()
    seconds: float = 0.0
    state: str = OK

    @classmethod
    def of(cls, name: str, rows: Iterable[Row], seconds: float = 0.0) -> "Judged":
        """Failed when a row is, or when there is no row at all: nothing was shown then."""
        told = tuple(rows)
        good = bool(told) and all(row.ok for row in told)
        return cls(name, told, seconds, OK if good else FAILED)

    @property
    def ok(self) -> bool:
        """Whether the step holds."""
        return self.state == OK

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "name": self.name,
            "state": self.state,
            "seconds": round(self.seconds, 2),
            "rows": [row.as_json() for row in self.rows],
        }


@dataclass
class Proof:
    """One scenario proved once, with one seed."""

    scenario: str
    title: str
    shape: str
    path: str
    seed: int
    steps: list[Judged] = field(default_factory=list)
    seconds: float = 0.0
    answers: dict[str, str] = field(default_factory=dict)
    """Question → the number that was right in this run: seeds should differ in it."""
    again: list[str] = field(default_factory=list)
    """Labs that ran a second time, alone, since what failed in them did so while the processors were strained."""

    @property
    def ok(self) -> bool:
        """Whether every step holds."""
        return bool(self.steps) and all(step.ok for step in self.steps)

    @property
    def failed(self) -> Sequence[Judged]:
        """The steps that do not hold."""
        return [step for step in self.steps if step.state == FAILED]

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "scenario": self.scenario,
            "title": self.title,
            "shape": self.shape,
            "path": self.path,
            "seed": self.seed,
            "ok": self.ok,
            "seconds": round(self.seconds, 2),
            "answers": self.answers,
            "again": self.again,
            "steps": [step.as_json() for step in self.steps],
        }
