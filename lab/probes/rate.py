"""How many requests there are."""

from collections.abc import Mapping
from typing import Any

from lab.core.quantities import say_number
from lab.core.units import PerSecond
from lab.core.window import Window
from lab.probes import ScopedProbe, probes
from lab.telemetry.queries import Telemetry


@probes.register("rate")
class Rate(ScopedProbe):
    """Requests per second, failed ones included."""

    above: PerSecond | None = None
    below: PerSecond | None = None

    def measure(self, telemetry: Telemetry, window: Window) -> float:
        """Requests per second; silence is 0."""
        return telemetry.red(self.scope(), window).rate_rps

    def shown(self, page: Mapping[str, Any]) -> float | None:
        """The rate of the scope."""
        rate: float | None = page["red"]["rate_rps"]
        return rate

    def say(self, value: float) -> str:
        """`16.2 requests/s`."""
        return f"{say_number(value)} requests/s"

    def describe(self) -> str:
        """`requests of gateway`."""
        return f"requests of {self.scope()}"
