"""People, not requests."""

from typing import ClassVar

from lab.core.window import Window
from lab.probes import Probe, command, probes
from lab.telemetry.queries import Telemetry


@probes.register("customers_affected")
class CustomersAffected(Probe):
    """Different customers who lost at least one order."""

    margin: ClassVar[float] = 3.0

    def measure(self, telemetry: Telemetry, window: Window) -> float:
        """Number of customers; NaN when nobody tried."""
        business = telemetry.business(window)
        return float(business.customers_affected) if business.attempts or business.lost else float("nan")

    def say(self, value: float) -> str:
        """`23 customers`."""
        if value != value:
            return "–"
        return "1 customer" if value == 1 else f"{value:.0f} customers"

    def describe(self) -> str:
        """`customers affected`."""
        return "customers affected"

    def query(self) -> str:
        """The overview shows the business numbers."""
        return command("metrics")
