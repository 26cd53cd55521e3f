"""Work that is done again."""

from typing import Self

from pydantic import model_validator

from lab.core.quantities import say_number
from lab.core.units import PerSecond
from lab.core.window import Window
from lab.probes import ScopedProbe, probes
from lab.telemetry.queries import Telemetry


@probes.register("retries")
class Retries(ScopedProbe):
    """Calls of an edge that were sent again, per second."""

    above: PerSecond | None = None
    below: PerSecond | None = None

    @model_validator(mode="after")
    def _only_edges_retry(self) -> Self:
        if self.edge is None:
            raise ValueError("retries happen on an edge: give edge (gateway->orders)")
        return self

    def measure(self, telemetry: Telemetry, window: Window) -> float:
        """Retries per second; none is 0."""
        return telemetry.retries(self.scope(), window) / window.seconds if window.seconds else float("nan")

    def say(self, value: float) -> str:
        """`3.2 retries/s`."""
        return f"{say_number(value)} retries/s"

    def describe(self) -> str:
        """`retries of gateway->orders`."""
        return f"retries of {self.scope()}"
