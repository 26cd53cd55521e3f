"""Probes: measurements over telemetry that symptoms, SLOs, questions and hints are written with.

A kind is one file here; in a scenario it reads `error_rate: {service: gateway, above: 20%, within: 20s}`.
"""

import math
import shlex
from collections.abc import Mapping
from typing import Any, ClassVar, Self

from pydantic import model_validator

from lab.core.errors import UsageError
from lab.core.registry import Kind, Registry
from lab.core.units import Seconds
from lab.core.window import Window
from lab.telemetry.model import Scope
from lab.telemetry.queries import Telemetry


class Probe(Kind):
    """Base of every probe. `above` and `below` are bounds in the probe's own unit, `within` is the time a symptom
    has.
    """

    margin: ClassVar[float] = 2.0
    """How many times the value must clear its bound for a proof to call it safe from chance."""

    adds_up: ClassVar[bool] = False
    """Whether the values of two windows side by side add up to that of both, as counts do and shares don't."""

    over_time: ClassVar[bool] = True
    """Whether the command that shows it takes a stretch of time; else it shows what is now."""

    above: float | None = None
    below: float | None = None
    within: Seconds | None = None

    @model_validator(mode="after")
    def _bounds_leave_room(self) -> Self:
        if self.above is not None and self.below is not None and self.above >= self.below:
            raise ValueError(f"nothing is above {self.say(self.above)} and below {self.say(self.below)} at once")
        return self

    def measure(self, telemetry: Telemetry, window: Window) -> float:
        """The value in the window; NaN when there was nothing to measure."""
        raise NotImplementedError

    def say(self, value: float) -> str:
        """The value with its unit: `12 %`, `1.23 s`, `41 orders`."""
        raise NotImplementedError

    def describe(self) -> str:
        """What is measured: `errors of gateway->orders POST /orders`."""
        raise NotImplementedError

    def query(self) -> str:
        """The command that shows the same number."""
        raise NotImplementedError

    def shown(self, page: Mapping[str, Any]) -> float | None:
        """The value on a page of the console, `GET /api/metrics` of this scope; None where that does not show it."""
        return None

    def clearance(self, value: float) -> float:
        """How many times the value clears its nearest bound: 3 is three times inside, 1/3 three times outside.

        Infinite when nothing limits it or it is nothing at all, NaN when nothing was measured.
        """
        if math.isnan(value):
            return math.nan
        return min(
            math.inf if self.above is None else _times(value, self.above),
            math.inf if self.below is None else _times(self.below, value),
        )

    @property
    def bounded(self) -> bool:
        """Whether a bound is stated, so that `holds` means something."""
        return self.above is not None or self.below is not None

    def holds(self, value: float) -> bool:
        """Whether the value lies inside the stated bounds; nothing measured never does."""
        if math.isnan(value):
            return False
        return (self.above is None or value > self.above) and (self.below is None or value < self.below)

    def say_bound(self) -> str:
        """The bound in words: `above 20 %`, `below 800 ms`."""
        parts = [f"above {self.say(self.above)}"] if self.above is not None else []
        if self.below is not None:
            parts.append(f"below {self.say(self.below)}")
        return " and ".join(parts)


def _times(larger: float, smaller: float) -> float:
    return math.inf if smaller == 0 else larger / smaller


class ScopedProbe(Probe):
    """Base of probes over requests: exactly one of `service` and `edge`, optionally one `route`."""

    service: str | None = None
    edge: str | None = None
    route: str | None = None

    @model_validator(mode="after")
    def _one_scope(self) -> Self:
        if (self.service is None) == (self.edge is None):
            raise ValueError("give either service (gateway) or edge (gateway->orders)")
        try:
            self.scope()
        except UsageError as error:
            raise ValueError(f"{error.what} {error.hint}") from None
        return self

    def scope(self) -> Scope:
        """Whose requests are measured."""
        return Scope(service=self.service, edge=self.edge, route=self.route)

    def query(self) -> str:
        """The command that shows the same number."""
        return command("metrics", service=self.service, edge=self.edge, route=self.route)


def command(name: str, *words: str, **options: Any) -> str:
    """A `lab` command ready to paste: `lab metrics --edge 'gateway->orders'`."""
    parts = ["lab", name, *(shlex.quote(word) for word in words)]
    for option, value in options.items():
        if value is not None:
            parts += [f"--{option}", shlex.quote(str(value))]
    return " ".join(parts)


probes: Registry[Probe] = Registry("lab.probes", "probe")

__all__ = ["Probe", "ScopedProbe", "command", "probes"]
