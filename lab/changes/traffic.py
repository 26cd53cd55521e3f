"""How many customers come, how fast, and what they do."""

from typing import Any

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from lab.changes import Change, FeedEntry, changes
from lab.core.system import System
from lab.core.units import PerSecond


@changes.register("traffic")
class Traffic(Change):
    """Change the customers' traffic: `multiply` the users, or set `users`, `pace` (requests/s each) or `mix`."""

    multiply: PositiveFloat | None = None
    users: PositiveInt | None = None
    pace: PerSecond | None = Field(default=None, gt=0)
    mix: dict[str, int] = Field(default_factory=dict)
    up_to: float = Field(
        default=1.0,
        ge=1,
        le=20,
        description="As a fault: while the symptoms do not show clearly, as on a fast machine, more and more "
        "customers come, up to so many times as many; those of the load test are multiplied alike",
    )

    @model_validator(mode="after")
    def _something(self) -> "Traffic":
        if self.multiply is None and self.users is None and self.pace is None and not self.mix:
            raise ValueError("give at least one of `multiply`, `users`, `pace`, `mix`")
        if self.multiply is not None and self.users is not None:
            raise ValueError("give `multiply` or `users`, not both")
        return self

    async def remember(self, system: System) -> dict[str, Any]:
        """The traffic as it is."""
        return await system.traffic()

    async def apply(self, system: System, token: Any) -> None:
        """Change it from the next request on; counted from what was remembered, so twice is once."""
        wanted: dict[str, Any] = {}
        if self.multiply is not None:
            wanted["users"] = max(1, round(token["users"] * self.multiply))
        if self.users is not None:
            wanted["users"] = self.users
        if self.pace is not None:
            wanted["pace_s"] = 1 / self.pace
        if self.mix:
            wanted["mix"] = self.mix
        await system.set_traffic(wanted)

    def feed(self) -> FeedEntry | None:
        """What marketing told the company, if there is a reason that people would know."""
        return FeedEntry("marketing", self.because) if self.because else None

    async def revert(self, system: System, token: dict[str, Any]) -> None:
        """Back to the traffic remembered."""
        await system.set_traffic(token)
