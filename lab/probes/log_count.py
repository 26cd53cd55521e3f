"""How many log records say something."""

from typing import ClassVar

from pydantic import Field, field_validator

from lab.core.errors import UsageError
from lab.core.window import Window
from lab.probes import Probe, command, probes
from lab.telemetry.language import parse
from lab.telemetry.queries import Telemetry


@probes.register("log_count")
class LogCount(Probe):
    """Log records that match a search, `where: "service:orders event:payment.refused"`.

    `called` says what is counted, in the plural, where each record stands for one of something: `payments`.
    """

    margin: ClassVar[float] = 3.0
    adds_up: ClassVar[bool] = True

    where: str
    called: str = Field("log lines", pattern=r"^[a-z][a-z ]*s$", description="What is counted, in the plural")

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
        return f"{value:.0f} {self.called.removesuffix('s') if value == 1 else self.called}"

    def describe(self) -> str:
        """`log lines that match service:orders level:error`."""
        return f"{self.called} that match {self.where}"

    def query(self) -> str:
        """The search itself."""
        return command("logs", self.where)
