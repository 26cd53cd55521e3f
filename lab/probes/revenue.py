"""Money that comes in."""

from lab.core.window import Window
from lab.probes import Probe, command, probes
from lab.telemetry.queries import Telemetry


@probes.register("revenue")
class Revenue(Probe):
    """Revenue of paid orders per minute, in whole currency units."""

    def measure(self, telemetry: Telemetry, window: Window) -> float:
        """Per minute; NaN for an empty window."""
        return telemetry.business(window).revenue_per_min if window.seconds else float("nan")

    def say(self, value: float) -> str:
        """`1,204.50 a minute`."""
        return "–" if value != value else f"{value:,.2f} a minute"

    def describe(self) -> str:
        """`revenue per minute`."""
        return "revenue per minute"

    def query(self) -> str:
        """The overview shows the business numbers."""
        return command("metrics")
