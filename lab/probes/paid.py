"""Goodput: work that was done for the customer."""

import math
from typing import ClassVar

from lab.core.units import Seconds, Share, say_share
from lab.core.window import Window
from lab.probes import Probe, command, probes
from lab.telemetry.queries import Telemetry


@probes.register("paid")
class Paid(Probe):
    """Share of checkouts whose order was paid in time: at least `share` of them `within` so long."""

    margin: ClassVar[float] = 3.0

    share: Share | None = None
    within: Seconds = 15.0
    above: Share | None = None
    below: Share | None = None

    def measure(self, telemetry: Telemetry, window: Window) -> float:
        """Paid in time over attempts, 0 to 1."""
        return telemetry.paid(window, self.within)

    @property
    def bounded(self) -> bool:
        """`share` is a bound too."""
        return self.share is not None or super().bounded

    def clearance(self, value: float) -> float:
        """Counted in orders that were *not* paid in time: at 99 %, 99.9 % clears it ten times."""
        rest = super().clearance(value)
        if self.share is None or math.isnan(value):
            return rest
        unpaid = 1 - value
        return min(rest, math.inf if unpaid <= 0 else (1 - self.share) / unpaid)

    def holds(self, value: float) -> bool:
        """At least the stated share, and inside the other bounds."""
        if math.isnan(value) or (self.share is not None and value < self.share):
            return False
        return super().holds(value)

    def say(self, value: float) -> str:
        """As a percentage; never rounded up to 100 %."""
        if math.isnan(value):
            return "–"
        return f"{math.floor(value * 1000) / 10:g} %" if 0.99 <= value < 1 else say_share(value)

    def say_bound(self) -> str:
        """`at least 99 %`."""
        rest = super().say_bound()
        if self.share is None:
            return rest
        return f"at least {self.say(self.share)}" + (f" and {rest}" if rest else "")

    def describe(self) -> str:
        """`orders paid within 15 s`."""
        return f"orders paid within {self.within:g} s"

    def query(self) -> str:
        """The overview shows the business numbers."""
        return command("metrics")
