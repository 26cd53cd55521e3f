"""What a session says about itself, for people: its state in a sentence, the pager message, the score."""

from typing import Any

from lab.cli.command import Lab
from lab.core import words

STARTING = ("starting", "baseline", "breaking")
ENDED = ("failed", "stopped")
RESUMED = (
    "The lab stopped unexpectedly last time. It undid what was left over and starts the same scenario again, "
    "with the same seed; your answers are kept."
)


def pager(lab: Lab, session: dict[str, Any]) -> None:
    """The message that woke somebody up."""
    lab.terminal.title(f"Pager, {words.clock(session.get('pager_at'))}")
    lab.terminal.markdown(str(session["pager"]), "  ")


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
