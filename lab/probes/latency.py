"""How long requests take."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from lab.core.units import Milliseconds, say_ms
from lab.core.window import Window
from lab.probes import ScopedProbe, probes
from lab.telemetry.queries import Telemetry


@probes.register("latency")
class Latency(ScopedProbe):
    """A percentile of the durations of requests, exact nearest rank."""

    percentile: float = Field(default=95, gt=0, le=100)
    above: Milliseconds | None = None
    below: Milliseconds | None = None

    def measure(self, telemetry: Telemetry, window: Window) -> float:
        """Milliseconds."""
        return telemetry.percentile(self.scope(), self.percentile, window)

    def shown(self, page: Mapping[str, Any]) -> float | None:
        """p50, p95 and p99 are on the page, other percentiles are not."""
        value: float | None = page["red"].get(f"p{self.percentile:g}_ms")
        return value

    def say(self, value: float) -> str:
        """`1.23 s` or `46 ms`."""
        return say_ms(value)

    def describe(self) -> str:
        """`p95 of gateway`."""
        return f"p{self.percentile:g} of {self.scope()}"
