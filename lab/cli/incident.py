"""What a session says about itself, for people: its state in a sentence, the pager message, the score."""

from typing import Any

from lab.cli import words
from lab.cli.command import Lab

STATES = {
    "starting": "The shop is starting.",
    "baseline": "The shop is healthy; the lab records what normal looks like.",
    "breaking": "The shop is open and nobody has complained yet. The pager message will come.",
    "open": "The pager message has come. Whatever you find now is part of the exercise, not a fault of the lab.",
    "mitigated": "Your fix is in force. A load test will prove whether it holds.",
    "loading": "A load test is running.",
    "done": "The load test passed: the fix is proved.",
    "failed": "The lab could not go on. This is a fault of the lab or the machine, not part of the exercise.",
    "stopped": "This session has ended.",
}
STARTING = ("starting", "baseline", "breaking")
ENDED = ("failed", "stopped")
LESSON = {
    "open": "The lesson is open. Whatever you find is part of it, not a fault of the lab.",
    "done": "Every question has an answer.",
}
"""What differs when nobody was paged."""
RESUMED = (
    "The lab stopped unexpectedly last time. It undid what was left over and starts the same scenario again, "
    "with the same seed; your answers are kept."
)


def pager(lab: Lab, session: dict[str, Any]) -> None:
    """The message that woke somebody up."""
    lab.terminal.title(f"Pager, {words.clock(session.get('pager_at'))}")
    lab.terminal.markdown(str(session["pager"]), "  ")


def state(session: dict[str, Any]) -> str:
    """Where the session stands, in a sentence or two."""
    known = str(session["state"])
    proved = (session.get("load") or {}).get("verdict") == "passed"
    if (known == "open" and session.get("shape", "incident") != "incident") or (known == "done" and not proved):
        return LESSON[known]
    return STATES.get(known, known)


def score(session: dict[str, Any]) -> str:
    """`14 of 40 points (35 %), 3 of 7 questions answered; 70 % passes`."""
    known = session["score"]
    return (
        f"{known['points']:g} of {known['of']:g} points ({words.share(known['share'])}), "
        f"{known['answered']} of {words.plural(known['questions'], 'question')} answered; "
        f"{words.share(known['pass_mark'])} passes"
    )


def next_steps(session: dict[str, Any]) -> list[tuple[str, str]]:
    """What the lab suggests to do next."""
    return [(str(one["command"]), str(one["why"])) for one in session.get("next") or []]
