"""How often one HTTP status is answered."""

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field

from lab.core.quantities import say_number
from lab.core.units import PerSecond
from lab.core.window import Window
from lab.probes import ScopedProbe, probes
from lab.telemetry.queries import Telemetry


@probes.register("status_rate")
class StatusRate(ScopedProbe):
    """Answers of one HTTP status per second, for example 429."""

    margin: ClassVar[float] = 3.0

    status: int = Field(ge=100, le=599)
    above: PerSecond | None = None
    below: PerSecond | None = None

    def measure(self, telemetry: Telemetry, window: Window) -> float:
        """Answers of that status per second; none is 0."""
        count = telemetry.red(self.scope(), window).statuses.get(str(self.status), 0)
        return count / window.seconds if window.seconds else float("nan")

    def shown(self, page: Mapping[str, Any]) -> float | None:
        """Answers of that status over the length of the page's window."""
        start, end = page["window"]
        return page["red"]["statuses"].get(str(self.status), 0) / (end - start) if end > start else None

    def say(self, value: float) -> str:
        """`4.1 × 429/s`."""
        return f"{say_number(value)} × {self.status}/s"

    def describe(self) -> str:
        """`429 answers of gateway->orders`."""
        return f"{self.status} answers of {self.scope()}"
