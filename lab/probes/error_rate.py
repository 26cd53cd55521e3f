"""The share of requests that failed."""

from collections.abc import Mapping
from typing import Any, ClassVar

from lab.core.units import Share, say_share
from lab.core.window import Window
from lab.probes import ScopedProbe, probes
from lab.telemetry.queries import Telemetry


@probes.register("error_rate")
class ErrorRate(ScopedProbe):
    """Share of requests that failed: transport failures and statuses from 500; on an edge also 429."""

    margin: ClassVar[float] = 3.0

    above: Share | None = None
    below: Share | None = None

    def measure(self, telemetry: Telemetry, window: Window) -> float:
        """Errors over requests, 0 to 1."""
        return telemetry.red(self.scope(), window).error_share

    def shown(self, page: Mapping[str, Any]) -> float | None:
        """The error share of the scope."""
        share: float | None = page["red"]["error_share"]
        return share

    def say(self, value: float) -> str:
        """As a percentage."""
        return "–" if value != value else say_share(value)

    def describe(self) -> str:
        """`errors of gateway->orders POST /orders`."""
        return f"errors of {self.scope()}"
