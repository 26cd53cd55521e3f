"""Any value that a service measures of itself."""

import math
from statistics import fmean
from typing import Literal

from lab.core.window import Window
from lab.probes import Probe, command, probes
from lab.telemetry.queries import Telemetry


@probes.register("gauge")
class Gauge(Probe):
    """A value from a service's /metrics page: the largest in the window, or its mean, smallest or last."""

    service: str
    name: str
    of: Literal["max", "min", "mean", "last"] = "max"
    unit: str = ""

    def measure(self, telemetry: Telemetry, window: Window) -> float:
        """The value; NaN when none was scraped in the window."""
        points = telemetry.gauge_series(self.service, self.name, window)
        values = [point.value for point in points if point.value is not None]
        if not values:
            return math.nan
        match self.of:
            case "max":
                return max(values)
            case "min":
                return min(values)
            case "mean":
                return fmean(values)
        return values[-1]

    def say(self, value: float) -> str:
        """The bare number and the stated unit."""
        return "–" if math.isnan(value) else f"{value:.4g} {self.unit}".rstrip()

    def describe(self) -> str:
        """`db_pool_waiting of orders`."""
        return f"{self.name} of {self.service}"

    def query(self) -> str:
        """The service's metrics show its gauges."""
        return command("metrics", service=self.service)
