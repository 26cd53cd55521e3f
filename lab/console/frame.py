"""What stands around every page: which rooms there are, what state the story is in, and what time it is there."""

from dataclasses import dataclass
from typing import Any

from lab.console.sessions import shown
from lab.core import words
from lab.session import answers, steps
from lab.session.owner import Owner
from lab.session.session import Session
from lab.session.states import ENDED, LIVE, State, said

TONES = {
    State.OPEN: "alert",
    State.MITIGATED: "watch",
    State.LOADING: "watch",
    State.DONE: "good",
    State.FAILED: "alert",
}
NEWS = ("pager", "load", "system", "step")
"""Kinds of events that are worth an announcement to somebody who does not look at the screen."""


@dataclass(frozen=True, slots=True)
class Room:
    """A room of the console: its path, its name, and a few words on where the learner is with it."""

    path: str
    name: str
    note: str = ""

    @property
    def key(self) -> str:
        """The first part of the path; pages say with it which room they are in."""
        return self.path.partition("/")[0] or "home"


def frame(owner: Owner) -> dict[str, Any]:
    """What every page knows.

    `session` as the API shows it (None when there is none), `rooms`, `says`, `tone`, `clock`, `since`, `news`; whether
    it is a `lesson`, in which nobody is paged, and whether requests are to be sent in it (`sends`).
    """
    session = owner.session
    if session is None:
        rooms = [Room("", "Home"), Room("debrief", "Debrief"), Room("progress", "Progress")]
        return {
            "session": None,
            "lesson": False,
            "sends": False,
            "live": False,
            "ended": True,
            "rooms": rooms,
            "says": "Nothing is running.",
            "tone": "calm",
            "clock": words.clock(owner.clock.now()),
            "since": "",
            "news": "",
        }
    view = shown(session)
    return {
        "session": view,
        "lesson": session.file.pager is None,
        "sends": bool(steps.asked(session)),
        "live": session.state in LIVE,
        "ended": session.state in ENDED,
        "rooms": rooms_of(session),
        "says": f"{said(session.state.value, shape=view['shape'], proved=_proved(session))} "
        f"{session.ended_because}".strip(),
        "tone": _tone(session),
        "clock": words.clock(session.clock.now()),
        "since": _since(session),
        "news": next((one.text for one in reversed(session.timeline) if one.kind in NEWS), ""),
    }


def _tone(session: Session) -> str:
    """A lesson that is open is no alert."""
    if session.file.pager is None and session.state is State.OPEN:
        return "calm"
    return TONES.get(session.state, "calm")


def _proved(session: Session) -> bool:
    return bool(session.ledger.loads) and session.ledger.loads[-1]["verdict"] == "passed"


def rooms_of(session: Session) -> list[Room]:
    """The rooms this session has; a scenario without fixes has no room to choose them in."""
    score = session.ledger.score(answers.points_of(session))
    live = session.state in LIVE
    rooms = [Room("", "Home"), Room("incident/overview", place(session))]
    if session.file.questions:
        rooms.append(Room("answer", "Answer", f"{score['answered']} of {score['questions']}" if live else ""))
    if session.file.mitigations:
        rooms.append(Room("fix", "Fix and prove", _fix_note(session) if live else ""))
    rooms.append(Room("debrief", "Debrief"))
    return [*rooms, Room("progress", "Progress")]


def place(session: Session) -> str:
    """What the room is called in which one looks around."""
    return "Lesson" if session.file.pager is None else "Incident"


def _fix_note(session: Session) -> str:
    if session.state is State.LOADING:
        return "testing"
    if session.state is State.DONE:
        return "proved"
    return "in force" if session.mitigation is not None else ""


def _since(session: Session) -> str:
    moments, now = session.moments, session.clock.now()
    if session.state in ENDED:
        return ""
    if moments.open_at is None:
        return f"{words.duration(now - moments.started)} since the start"
    after = "since the lesson opened" if session.file.pager is None else "after the pager message"
    return f"{words.duration(now - moments.open_at)} {after}"
