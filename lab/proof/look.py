"""The learner's eyes: numbers, records and citations from the endpoints that the pages and the commands use."""

import math
from collections.abc import Mapping
from typing import Any

from lab.core.errors import Conflict, NotFound
from lab.core.window import Window
from lab.probes import Probe, ScopedProbe
from lab.questions.steps.received import Received, of_json
from lab.remote.client import Console
from lab.scenario import ScenarioFile

REHEARSED_WITHIN_S = 120.0


class ConsoleLook:
    """`lab.questions.Look` over a console's HTTP API. Not a line of it reads what a learner cannot see.

    The lesson's file is used for one thing: to know which numbers its `facts` are, and then to read them.
    """

    def __init__(self, console: Console, file: ScenarioFile) -> None:
        self._console = console
        self._file = file

    def window(self, name: str) -> Window:
        """As `lab status` tells it; what goes on ends now."""
        found = self.windows().get(name)
        if found is None:
            raise Conflict(f"This run has no window '{name}' yet.", "See where it stands: `lab status`")
        return found

    def windows(self) -> dict[str, Window]:
        """All that there are by now."""
        session = self._console.get("/api/session")
        return {
            name: Window(span[0], session["now"] if span[1] is None else span[1])
            for name, span in session["windows"].items()
            if span is not None
        }

    def measure(self, probe: Probe, window: Window) -> float:
        """From the metrics page of its scope where that shows it, else from a citation."""
        span: dict[str, Any] = {"since": window.start_s, "until": window.end_s}
        if window.seconds <= 0:
            return math.nan
        if isinstance(probe, ScopedProbe):
            try:
                scope: dict[str, Any] = {"service": probe.service, "edge": probe.edge, "route": probe.route}
                shown = probe.shown(self._console.get("/api/metrics", **scope, **span))
            except NotFound:  # nobody has called that yet
                return math.nan
            if shown is not None:
                return shown
        kept = self._console.post("/api/cites", {"probe": probe.written(), **span})
        self._console.delete(f"/api/cites/{kept['id']}")
        return math.nan if kept["value"] is None else float(kept["value"])

    def logs(self, query: str, window: Window, limit: int = 1) -> list[str]:
        """As `lab logs` finds them."""
        found = self._console.get("/api/logs", q=query, since=window.start_s, until=window.end_s, limit=limit)
        return [str(one["ref"]) for one in found["logs"]]

    def traces(self, query: str, window: Window, limit: int = 1) -> list[str]:
        """As `lab traces` finds them."""
        found = self._console.get("/api/traces", q=query, since=window.start_s, until=window.end_s, limit=limit)
        return [str(one["ref"]) for one in found["traces"]]

    def cite(self, what: str | Probe, window: Window | None = None) -> str:
        """As `lab cite` keeps it."""
        body: dict[str, Any] = {"ref": what} if isinstance(what, str) else {"probe": what.written()}
        if window is not None:
            body |= {"since": window.start_s, "until": window.end_s}
        return str(self._console.post("/api/cites", body)["id"])

    def facts(self) -> Mapping[str, str]:
        """The lesson's named numbers, each read as any number is."""
        windows, said = self.windows(), {}
        for name, fact in self._file.facts.items():
            value = self.measure(fact.probe, windows[fact.window]) if fact.window in windows else math.nan
            if not math.isnan(value):
                said[name] = fact.probe.say(value)
        return said

    def requests(self, window: Window) -> int:
        """How many requests came in at the front door."""
        page = self._console.get("/api/metrics", service="gateway", since=window.start_s, until=window.end_s)
        return int(page["red"]["requests"])

    def answer(self, question: str, answer: Any) -> dict[str, Any]:
        """As `lab diagnose` gives it."""
        graded: dict[str, Any] = self._console.post("/api/answers", {"question": question, "answer": answer})
        return graded

    def request(self, method: str, path: str, **more: Any) -> Mapping[str, Any]:
        """As `lab request` sends it."""
        answer: Mapping[str, Any] = self._console.post("/api/request", {"method": method, "path": path, **more})
        return answer

    def logged(self, query: str, attribute: str) -> str | None:
        """As `lab logs --fields` shows it."""
        found = self._console.get("/api/logs", q=query, limit=1)["logs"]
        value = found[0]["attributes"].get(attribute) if found else None
        return None if value is None else str(value)

    def rehearse(self) -> None:
        """As `lab rehearse` does it."""
        self._console.post("/api/rehearsal", {}, timeout_s=REHEARSED_WITHIN_S)

    def received(self) -> tuple[Received, ...]:
        """As `lab steps --received` lists them."""
        return tuple(map(of_json, self._console.get("/api/received")))
