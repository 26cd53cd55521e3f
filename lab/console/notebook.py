"""The notebook beside the incident: the question one is at, the evidence kept, the score, and the price of a hint."""

import json
from typing import Any

from lab.console.links import Link
from lab.core import words
from lab.core.window import Window
from lab.session import answers, steps
from lab.session.ledger import SETTLED
from lab.session.session import Session
from lab.session.states import LIVE

LONGEST = 160
FROM_EVIDENCE = ("evidence", "number", "trend")
"""Kinds of questions that are answered with what was kept: records, or the span of time of a measurement."""


def to_do(session: Session) -> dict[str, Any] | None:
    """The steps of the question one is at, when it is one that is answered by sending requests."""
    if not steps.asked(session):
        return None
    found = steps.shown(session)["questions"]
    return next((one for one in found if one["state"] not in SETTLED), None)


def notebook(session: Session) -> dict[str, Any] | None:
    """None before the incident is open, when there is nothing to answer yet. Blocking: call it in a thread."""
    if session.state not in LIVE:
        return None
    questions = answers.described(session)
    at = next((number for number, one in enumerate(questions) if one["state"] == "open"), None)
    return {
        "question": None if at is None else questions[at],
        "number": None if at is None else at + 1,
        "of": len(questions),
        "todo": to_do(session),
        "score": session.ledger.score(answers.points_of(session)),
        "evidence": evidence(session),
        "keeps": keeps(session),
        "hint_price": answers.hints(session)["next_price"],
    }


def keeps(session: Session) -> bool:
    """Whether there is any use in keeping evidence here; a lesson of requests has none."""
    return bool(session.ledger.cites) or any(one.question.kind() in FROM_EVIDENCE for one in session.file.questions)


def evidence(session: Session) -> list[dict[str, Any]]:
    """What was kept, with the page that shows it."""
    return [
        {
            "id": name,
            "kind": str(one["ref"]).partition(":")[0],
            "summary": one["summary"],
            "short": _shortened(str(one["summary"])),
            "note": one["note"],
            "time_s": one["at"],
            "link": link_of(str(one["ref"])),
        }
        for name, one in session.ledger.cites.items()
    ]


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1].rstrip() + "…"


def link_of(ref: str) -> Link:
    """The page that shows a record or a measurement."""
    kind, _, key = ref.partition(":")
    if kind == "log":
        return Link(f"incident/logs/{key}", f"log {key}")
    if kind == "trace":
        return Link(f"incident/traces/{key}", f"trace {key[:8]}")
    window = window_of_ref(ref)
    ((_, about),) = json.loads(key)["probe"].items()
    scope = {name: str(about[name]) for name in ("service", "edge", "route") if about.get(name)}
    asked = {"since": f"{window.start_s:.3f}", "until": f"{window.end_s:.3f}"} if window else {}
    return Link("incident/overview", "the overview", scope | asked)


def window_of_ref(ref: str) -> Window | None:
    """The stretch of time that a measurement was kept with; None for records."""
    kind, _, key = ref.partition(":")
    if kind != "metric":
        return None
    start, end = json.loads(key)["window"]
    return Window(float(start), float(end))


def measured_windows(session: Session) -> list[dict[str, Any]]:
    """Stretches of time that were kept with a measurement, to answer a number over."""
    found = []
    for name, one in session.ledger.cites.items():
        window = window_of_ref(str(one["ref"]))
        if window is not None:
            said = words.span([window.start_s, window.end_s])
            found.append({"id": name, "text": f"{name}: {said}", "summary": one["summary"]})
    return found
