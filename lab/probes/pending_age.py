"""How long the oldest accepted order has waited for its payment."""

import math

from lab.core.quantities import say_number
from lab.core.units import Seconds
from lab.core.window import Window
from lab.probes import Probe, command, probes
from lab.telemetry.queries import Telemetry

GAUGE = "orders_outbox_oldest_age_seconds"


@probes.register("pending_age")
class PendingAge(Probe):
    """Age of the oldest order that waits for its payment, the largest in the window."""

    service: str = "orders"
    above: Seconds | None = None
    below: Seconds | None = None

    def measure(self, telemetry: Telemetry, window: Window) -> float:
        """Seconds."""
        points = telemetry.gauge_series(self.service, GAUGE, window)
        return max((point.value for point in points if point.value is not None), default=math.nan)

    def say(self, value: float) -> str:
        """`41 s` or `2 min 5 s`."""
        if math.isnan(value):
            return "–"
        minutes, seconds = divmod(round(value), 60)
        return f"{minutes} min {seconds} s" if minutes else f"{say_number(value)} s"

    def describe(self) -> str:
        """`age of the oldest order waiting for payment`."""
        return "age of the oldest order waiting for payment"

    def query(self) -> str:
        """The service's metrics show its gauges."""
        return command("metrics", service=self.service)
