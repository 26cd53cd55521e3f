"""How long a migration keeps everybody else from writing."""

import math
from typing import ClassVar

from lab.core.quantities import say_number
from lab.core.units import Seconds
from lab.core.window import Window
from lab.probes import Probe, probes
from lab.telemetry.queries import Telemetry

SERVICE, GAUGE = "database", "migration_longest_transaction_seconds"
"""Under this name it is kept."""


@probes.register("writes_blocked")
class WritesBlocked(Probe):
    """The longest time that one transaction of a migration kept all other writers waiting: of the last one run."""

    over_time: ClassVar[bool] = False

    above: Seconds | None = None
    below: Seconds | None = None

    def measure(self, telemetry: Telemetry, window: Window) -> float:
        """Seconds; NaN when no migration ran in the window. In the healthy time none did, which counts as 0."""
        values = [point.value for point in telemetry.gauge_series(SERVICE, GAUGE, window) if point.value is not None]
        return values[-1] if values else math.nan

    def say(self, value: float) -> str:
        """`2.13 s`."""
        return "–" if math.isnan(value) else f"{say_number(value)} s"

    def describe(self) -> str:
        """`longest time without writes`."""
        return "longest time without writes"

    def query(self) -> str:
        """The rehearsal shows it; for the load test, its own result does."""
        return "lab rehearse"
