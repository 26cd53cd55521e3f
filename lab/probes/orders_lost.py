"""Orders that customers wanted and did not get."""

from typing import ClassVar

from lab.core.window import Window
from lab.probes import Probe, command, probes
from lab.telemetry.queries import Telemetry


@probes.register("orders_lost")
class OrdersLost(Probe):
    """Checkouts that ended in an error or a refusal, and accepted orders whose payment failed."""

    margin: ClassVar[float] = 3.0
    adds_up: ClassVar[bool] = True

    def measure(self, telemetry: Telemetry, window: Window) -> float:
        """Number of orders; NaN when nobody tried."""
        business = telemetry.business(window)
        return float(business.lost) if business.attempts or business.lost else float("nan")

    def say(self, value: float) -> str:
        """`41 orders`."""
        if value != value:
            return "–"
        return "1 order" if value == 1 else f"{value:.0f} orders"

    def describe(self) -> str:
        """`orders lost`."""
        return "orders lost"

    def query(self) -> str:
        """The overview shows the business numbers."""
        return command("metrics")
