"""How long customers wait until their order is paid."""

import math

from pydantic import Field

from lab.core.percentile import nearest_rank
from lab.core.quantities import say_number
from lab.core.units import Seconds
from lab.core.window import Window
from lab.probes import Probe, command, probes
from lab.telemetry.queries import Telemetry


@probes.register("paid_after")
class PaidAfter(Probe):
    """A percentile of the time from placing an order to its payment, over orders placed in the window."""

    percentile: float = Field(default=100, gt=0, le=100, description="100 is the longest wait of all")
    above: Seconds | None = None
    below: Seconds | None = None

    def measure(self, telemetry: Telemetry, window: Window) -> float:
        """Seconds; NaN when no order of the window was paid."""
        times = telemetry.paid_after(window)
        return nearest_rank(times, self.percentile) if times else math.nan

    def say(self, value: float) -> str:
        """`12.3 s`."""
        return "–" if math.isnan(value) else f"{say_number(value)} s"

    def describe(self) -> str:
        """`longest wait of an order for its payment`."""
        if self.percentile == 100:
            return "longest wait of an order for its payment"
        return f"p{self.percentile:g} of orders' wait for their payment"

    def query(self) -> str:
        """The load test shows it; while the incident lasts, the overview does."""
        return command("metrics")
