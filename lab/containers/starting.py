"""Containers on their way up: watched until the console answers, or until it is clear that it never will."""

import http.client
import json
import time
from collections.abc import Callable, Sequence
from typing import Any

from lab.containers.engine import Container, Engine
from lab.core.errors import EnvironmentLacks

CONSOLE_WITHIN_S = 60.0
HOPELESS_RESTARTS = 3
POLL_S = 0.1


class Watch:
    """Looks at a project's containers now and then; `look` raises EnvironmentLacks for one that keeps failing."""

    def __init__(self, engine: Engine, project: str, going: Callable[[str], None], every_s: float = 0.4) -> None:
        self._engine = engine
        self._project = project
        self._going = going
        self._every_s = every_s
        self._looked = 0.0

    def look(self, *, settled: bool = False) -> None:
        """Tell how they are; at most every so often. Once all are `settled`, one that has ended will not come."""
        now = time.monotonic()
        if now - self._looked < self._every_s:
            return
        self._looked = now
        seen = self.now()
        if seen:
            self._going("Starting the containers: " + ", ".join(f"{one.service} {_said(one)}" for one in seen))
        for one in seen:
            if one.state == "restarting" or (settled and one.state in ("exited", "dead")):
                self._refuse_hopeless(one)

    def now(self) -> Sequence[Container]:
        """How they are."""
        return self._engine.containers(self._project)

    def _refuse_hopeless(self, container: Container) -> None:
        restarts, code = self._engine.restarts(container)
        if container.state == "restarting" and restarts < HOPELESS_RESTARTS:
            return
        lines = self._engine.last_lines(container)
        how = f"keeps restarting (exit {code})" if restarts else f"ended at once (exit {code})"
        raise EnvironmentLacks(
            f"The container {container.service} {how}. Its last lines: {' / '.join(lines.splitlines()) or 'none'}",
            "Mend what they complain of and start again; `lab doctor` shows what this machine has.",
        )


def _said(container: Container) -> str:
    for health in ("unhealthy", "healthy"):
        if f"({health})" in container.status:
            return health
    return container.state


def console_of(port: int, watch: Watch) -> dict[str, Any]:
    """What the console says of itself, once it answers; EnvironmentLacks when it does not in time."""
    deadline = time.monotonic() + CONSOLE_WITHIN_S
    while time.monotonic() < deadline:
        told = health(port)
        if told is not None:
            return told
        watch.look(settled=True)
        time.sleep(POLL_S)
    states = ", ".join(f"{one.service}: {_said(one)}" for one in watch.now()) or "none"
    raise EnvironmentLacks(
        f"The console in its container did not answer within {CONSOLE_WITHIN_S:.0f} seconds ({states}).",
        "This machine may be very busy; try again. `docker compose logs lab` shows what it wrote.",
    )


def health(port: int) -> dict[str, Any] | None:
    """What a console that is published there says of itself; None when none answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/health")
        answer = connection.getresponse()
        told = json.loads(answer.read())
        return told if answer.status == 200 and told.get("name") == "faultlab" else None
    except (OSError, ValueError, http.client.HTTPException):
        return None
    finally:
        connection.close()
