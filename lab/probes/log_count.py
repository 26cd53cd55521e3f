"""How many log records say something."""

from typing import ClassVar

from pydantic import field_validator

from lab.core.errors import UsageError
from lab.core.window import Window
from lab.probes import Probe, command, probes
from lab.telemetry.language import parse
from lab.telemetry.queries import Telemetry


@probes.register("log_count")
class LogCount(Probe):
    """Log records that match a search, `where: "service:orders event:payment.refused"`."""

    margin: ClassVar[float] = 3.0

    where: str

    @field_validator("where")
    @classmethod
    def _is_a_search(cls, where: str) -> str:
        try:
            parse(where)
        except UsageError as error:
            raise ValueError(f"{error.what} {error.hint}") from None
        return where

    def measure(self, telemetry: Telemetry, window: Window) -> float:
        """Number of matching records."""
        return float(telemetry.log_count(self.where, window))

    def say(self, value: float) -> str:
        """`41 log lines`."""
        return "1 log line" if value == 1 else f"{value:.0f} log lines"

    def describe(self) -> str:
        """`log lines that match service:orders level:error`."""
        return f"log lines that match {self.where}"

    def query(self) -> str:
        """The search itself."""
        return command("logs", self.where)
