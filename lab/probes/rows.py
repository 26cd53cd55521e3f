"""How many rows of the shop's database are so and so: counted there, and kept with the run's other measurements."""

import hashlib
import math
from typing import ClassVar

from pydantic import Field

from lab.core.migration import NAME, quoted
from lab.core.window import Window
from lab.probes import Probe, command, probes
from lab.telemetry.queries import Telemetry

SERVICE = "database"
"""Under this name the counts are kept."""
Value = str | int | None


@probes.register("rows")
class Rows(Probe):
    """Rows of a table of the shop's database, all of them or those whose columns have the values given.

    A column that does not exist has no rows. The session counts every few seconds, and after a migration.
    """

    margin: ClassVar[float] = 3.0
    over_time: ClassVar[bool] = False

    table: str = Field(pattern=NAME)
    where: dict[str, Value | list[Value]] = Field(
        default_factory=dict, description="Column → its value, or a list of them; null means that there is none"
    )
    called: str = Field(default="rows", description="What people call these rows, e.g. `refunded orders`")

    @property
    def sql(self) -> str:
        """The query that counts them."""
        conditions = " AND ".join(_condition(column, wanted) for column, wanted in self.where.items())
        return f"SELECT count(*) FROM {self.table}" + (f" WHERE {conditions}" if conditions else "")  # noqa: S608

    @property
    def gauge(self) -> str:
        """Under this name the count is kept; the query itself would tell what the lesson is about."""
        return f"rows_{hashlib.sha256(self.sql.encode()).hexdigest()[:12]}"

    def measure(self, telemetry: Telemetry, window: Window) -> float:
        """The last count in the window; NaN when nobody counted."""
        points = telemetry.gauge_series(SERVICE, self.gauge, window)
        values = [point.value for point in points if point.value is not None]
        return values[-1] if values else math.nan

    def say(self, value: float) -> str:
        """`20,013 rows`."""
        return "–" if math.isnan(value) else f"{value:,.0f} row{'' if value == 1 else 's'}"

    def describe(self) -> str:
        """`refunded orders`."""
        return self.called

    def query(self) -> str:
        """The same question to the database, in double quotes where a shell allows it: values have single ones."""
        return command("sql", self.sql) if set(self.sql) & set('"$`\\!') else f'lab sql "{self.sql}"'


def _condition(column: str, wanted: Value | list[Value]) -> str:
    values = wanted if isinstance(wanted, list) else [wanted]
    some = [_literal(value) for value in values if value is not None]
    parts = [f"{column} = {some[0]}" if len(some) == 1 else f"{column} IN ({', '.join(some)})"] if some else []
    if None in values:
        parts.append(f"{column} IS NULL")
    return parts[0] if len(parts) == 1 else f"({' OR '.join(parts)})"


def _literal(value: str | int) -> str:
    return str(value) if isinstance(value, int) else quoted(value)
