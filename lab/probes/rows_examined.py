"""How much the database had to look at for one statement."""

import math
from typing import ClassVar

from lab.core.window import Window
from lab.probes import Probe, probes
from lab.telemetry.queries import Telemetry

STATEMENTS = 100


@probes.register("rows_examined")
class RowsExamined(Probe):
    """The most rows that one run of a slow statement looked at, as its plan tells."""

    over_time: ClassVar[bool] = False

    def measure(self, telemetry: Telemetry, window: Window) -> float:
        """Rows; 0 when no statement was slow."""
        seen = [one.rows_examined for one in telemetry.slow_sql(window, STATEMENTS)]
        return float(max((rows for rows in seen if rows is not None), default=0))

    def say(self, value: float) -> str:
        """`500,000 rows`."""
        return "–" if math.isnan(value) else f"{value:,.0f} rows"

    def describe(self) -> str:
        """`rows that one statement looked at`."""
        return "rows that one statement looked at"

    def query(self) -> str:
        """The slow statements, each with its rows."""
        return "lab sql --slow"
