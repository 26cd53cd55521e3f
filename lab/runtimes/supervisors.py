"""The lab's side of the supervisors' control API: one supervisor in each service's container."""

import asyncio
import contextlib
from typing import Any

from lab.core.errors import EnvironmentLacks, LabError
from lab.runtimes.control import Control
from lab.runtimes.site import Site
from lab.runtimes.starting import HEALTHY_WITHIN_S

CONTAINER_WITHIN_S = 30.0
LOOKED_WITHIN_S = 3.0


class Supervisors:
    """Asks them; LabError in a supervisor's own words, or that it does not answer."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._control: Control | None = None

    async def reached(self, name: str) -> None:
        """Wait until the supervisor answers; EnvironmentLacks when its container is not there."""
        deadline = asyncio.get_running_loop().time() + CONTAINER_WITHIN_S
        while True:
            with contextlib.suppress(LabError):
                await self._json(name, "GET", "/health", within_s=2)
                return
            if asyncio.get_running_loop().time() > deadline:
                raise EnvironmentLacks(
                    f"The container of {name} does not answer.",
                    f"See why: `docker compose ps --all` and `docker compose logs {name}`.",
                )
            await asyncio.sleep(0.1)

    async def start(self, name: str, env: dict[str, str], *, stay_down: bool) -> dict[str, Any]:
        """Have the service running and healthy, anew if it runs; its status."""
        body = {"env": env, "stay_down": stay_down}
        return dict(await self._json(name, "PUT", "/service", body, within_s=HEALTHY_WITHIN_S + 5))

    async def status(self, name: str, after: int) -> dict[str, Any]:
        """How it is, and what happened after event number `after`; takes up to a second."""
        return dict(await self._json(name, "GET", f"/service?after={after}&wait_s=1", within_s=LOOKED_WITHIN_S))

    async def act(self, name: str, what: str, **how: Any) -> None:
        """kill, bring_back, pause or resume."""
        await self._json(name, "POST", f"/service/{what}", how, within_s=40.0)

    async def stop(self, names: list[str]) -> None:
        """End these services; where no container answers, nothing runs either."""
        await asyncio.gather(*(self._json(name, "DELETE", "/service") for name in names), return_exceptions=True)

    async def close(self) -> None:
        """Close the connections."""
        if self._control is not None:
            await self._control.close()
            self._control = None

    async def _json(self, name: str, method: str, path: str, body: Any = None, within_s: float = 5.0) -> Any:
        if self._control is None:
            self._control = Control(self._site.control_token())
        return await self._control.json(method, self._site.supervisors[name] + path, body, within_s=within_s)
