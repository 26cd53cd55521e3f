"""A session on its way to the incident: its steps as they happen, the brief, the wait for the pager."""

import time
from typing import Any

from lab.cli import incident
from lab.cli.command import Lab
from lab.cli.live import Progress, progress
from lab.core import words
from lab.core.errors import CHECK_FAILED, LabError
from lab.session.states import ENDED, LIVE, State

POLL_S = 0.2
LIVE_WITHIN_S = 180.0
PAGER_WITHIN_S = 300.0


class SessionFailed(LabError):
    """The session could not go on; it said why."""

    exit_code = CHECK_FAILED


class Steps:
    """Prints every start-up step once, when it is over."""

    def __init__(self) -> None:
        self._told: set[str] = set()
        self._since: dict[str, float] = {}

    def show(self, session: dict[str, Any], bar: Progress) -> None:
        """Tell what is new."""
        running = ""
        for step in session.get("steps") or []:
            if step["state"] in ("done", "failed") and step["name"] not in self._told:
                self._told.add(step["name"])
                mark = "✓" if step["state"] == "done" else "✗"
                took = f", {words.duration(step['seconds'])}" if step.get("seconds") is not None else ""
                bar.done(f"{mark} {step['text']}{took}")
            elif step["state"] == "running":
                elapsed_s = time.monotonic() - self._since.setdefault(step["name"], time.monotonic())
                running = f"{step['text']}, {elapsed_s:.0f} s"
        bar.update(None, running or "Starting")


def until_live(lab: Lab, console: Any, steps: Steps) -> dict[str, Any]:
    """Wait until the shop is open to customers; SessionFailed when it never is."""
    return _until(lab, console, steps, frozenset({State.STARTING}), LIVE_WITHIN_S)


def until_pager(lab: Lab, console: Any, steps: Steps) -> dict[str, Any]:
    """Wait until the incident is open; SessionFailed when its symptoms never show."""
    return _until(lab, console, steps, frozenset(State) - LIVE, PAGER_WITHIN_S)


def _until(lab: Lab, console: Any, steps: Steps, waiting: frozenset[str], within_s: float) -> dict[str, Any]:
    deadline = time.monotonic() + within_s
    with progress(lab.terminal) as bar:
        while time.monotonic() < deadline:
            session: dict[str, Any] = console.get("/api/session")
            steps.show(session, bar)
            if session["state"] in ENDED:
                error = session.get("error") or {}
                failed = SessionFailed(
                    error.get("what") or "The session ended before the incident began.",
                    error.get("hint") or "Start again with `lab start`.",
                )
                failed.exit_code = int(error.get("exit_code") or CHECK_FAILED)
                raise failed
            if session["state"] not in waiting:
                return session
            time.sleep(POLL_S)
    raise SessionFailed(
        "The lab takes far longer than it should.", "This machine may be too busy; `lab doctor` shows what it has."
    )


def show_brief(lab: Lab, session: dict[str, Any], brief: dict[str, Any]) -> None:
    """The story so far, where everything is, and what to try first."""
    terminal = lab.terminal
    terminal.title(f"{session['title']} (about {session['minutes']} minutes)")
    terminal.say()
    terminal.markdown(str(brief["brief"]))
    addresses = session.get("addresses") or {}
    terminal.say()
    terminal.say(f"The console, in your browser: {addresses.get('console')}", "bold")
    terminal.say(f"The shop's API: {addresses.get('gateway')}, your key: {session.get('key')}")
    first = [(str(one["command"]), str(one["why"])) for one in brief.get("first_steps") or []]
    terminal.steps(first, "Things to try:", on_stdout=True)


def show_pager(lab: Lab, session: dict[str, Any]) -> None:
    """The pager message, and what to do about it."""
    if session.get("pager"):
        incident.pager(lab, session)
    steps = incident.next_steps(session) or [("lab metrics", "how big is it?"), ("lab diagnose", "the questions")]
    lab.terminal.steps(steps, on_stdout=True)
