"""What the session uses: background traffic and load tests. Never imports locust."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from lab.core.errors import Conflict
from lab.load.customers import Customers
from lab.load.profile import Profile, check_mix, check_pace, check_users
from lab.processes import Launcher


@dataclass(frozen=True, slots=True)
class Result:
    """A finished load test: the figures of `results.json` and the paths of Locust's files by kind."""

    stats: Mapping[str, Any]
    files: Mapping[str, str]


class Traffic(Customers):
    """Background traffic: runs until it is stopped, changes while it runs."""

    async def set(
        self, *, users: int | None = None, pace_s: float | None = None, mix: Mapping[str, float] | None = None
    ) -> None:
        """Change how many customers there are, how often they act, what they do; UsageError for nonsense."""
        order: dict[str, Any] = {}
        if users is not None:
            order["users"] = check_users(users)
        if pace_s is not None:
            order["pace_s"] = check_pace(pace_s)
        if mix is not None:
            order["mix"] = check_mix(mix)
        await self._order(order)
        self.profile = replace(self.profile, **order)

    def as_set(self) -> dict[str, Any]:
        """The traffic as it is now: users, pace_s, mix."""
        return {"users": self.profile.users, "pace_s": self.profile.pace_s, "mix": dict(self.profile.mix)}


class LoadRun(Customers):
    """A load test: runs its stages and gives the result."""

    def __init__(self, profile: Profile, launcher: Launcher) -> None:
        if not profile.stages:
            raise Conflict("A load test needs stages.", "Give the profile at least one stage, as in 60 users for 12 s.")
        super().__init__(profile, launcher)
        self._result: Result | None = None

    async def wait(self) -> Result:
        """The result once the last stage is over; the reason as a LabError if it ended without one."""
        assert self._reading is not None, "start() first"
        await asyncio.shield(self._reading)
        if self._result is None:
            raise self.why_ended()
        return self._result

    async def cancel(self) -> None:
        """End it without a result."""
        if self._result is None:
            self._refusal = self._refusal or Conflict("The load test was stopped.", "Run `lab load` to start another.")
        await self.stop()

    def _take(self, message: dict[str, Any]) -> None:
        if "done" in message:
            self._result = Result(message["stats"], message["files"])
        super()._take(message)
