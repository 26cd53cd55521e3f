"""One console in a home of its own, on which one session after the other is run by HTTP."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lab.remote import spawn
from lab.remote.client import Console

WITHIN_S = 120.0


class OneConsole:
    """`with OneConsole(home) as lab`: nothing of it is left afterwards."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def __enter__(self) -> "OneConsole":
        self.home.mkdir(parents=True, exist_ok=True)
        self._process = spawn.launch(self.home, port=None, scenarios=(), ends_with_us=True)
        self.console: Console = spawn.ready(self._process, self.home)
        return self

    def __exit__(self, *_error: object) -> None:
        spawn.end(self.home, self._process)

    def crash(self) -> None:
        """End the console as a power cut would."""
        self._process.kill()
        self._process.wait(timeout=10)

    def start(self, scenario: str, seed: int = 1, until: str = "open", windows: str = "prove") -> dict[str, Any]:
        """Run a scenario in place of the one that runs; the session once it is in this state."""
        self.stop()
        self.console.post("/api/session", {"scenario": scenario, "seed": seed, "windows": windows}, timeout_s=60)
        return self.until(lambda session: session["state"] == until)

    def until(self, true: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The session once this holds; the test fails when it ends before that."""
        deadline = time.monotonic() + WITHIN_S
        while True:
            session: dict[str, Any] = self.console.get("/api/session")
            if true(session):
                return session
            assert session["state"] not in ("failed", "stopped"), session["error"]
            assert time.monotonic() < deadline, session["state"]
            time.sleep(0.1)

    def stop(self) -> None:
        """End the session that runs, if any."""
        from lab.core.errors import NothingRunning

        try:
            self.console.post("/api/session/stop", timeout_s=60)
        except NothingRunning:
            return

    def steps(self) -> dict[str, bool]:
        """Step → whether it is done, once what was sent until now has arrived."""
        now_s = time.time()
        # a service tells in order: when it has told of a customer who came later, it has told of all before
        for service in ("gateway", "orders"):
            self.until(lambda _: self.console.get(f"/api/traces?q=service:{service}&since={now_s}&limit=1")["traces"])  # noqa: B023 - asked at once
        found = self.console.get("/api/steps")
        return {one["id"]: one["done"] for question in found["questions"] for one in question["steps"]}
