"""What a session says about itself, for people: its state in a sentence, the pager message, the score."""

from typing import Any

from lab.cli.command import Lab
from lab.core import words
from lab.session.states import said

RESUMED = (
    "Your run was interrupted, and goes on now. What was left over is undone; the same scenario starts again with "
    "the same seed, and your answers are kept."
)


def pager(lab: Lab, session: dict[str, Any]) -> None:
    """The message that woke somebody up."""
    lab.terminal.title(f"Pager, {words.clock(session.get('pager_at'))}")
    lab.terminal.markdown(str(session["pager"]), "  ")


def state(session: dict[str, Any]) -> str:
    """Where the session stands, in a sentence or two."""
    proved = (session.get("load") or {}).get("verdict") == "passed"
    text = said(str(session["state"]), shape=str(session.get("shape", "incident")), proved=proved)
    return f"{text} {session.get('ended_because') or ''}".strip()


def score(session: dict[str, Any]) -> str:
    """`14 of 40 points (35 %), 3 of 7 questions answered; 70 % passes`."""
    known = session["score"]
    return (
        f"{known['points']:g} of {known['of']:g} points ({words.share(known['share'])}), "
        f"{known['answered']} of {words.plural(known['questions'], 'question')} answered; "
        f"{words.share(known['pass_mark'])} passes"
    )


def impact(found: dict[str, Any]) -> str:
    """`264 orders lost (53 %), 41 customers affected; revenue 1 425 EUR a minute, 1 095 EUR in the baseline`.

    What was lost in an incident that is over is said to end there; what comes in now is of now.
    """
    so_far, now, before = found["so_far"] or found["now"], found["now"], found["baseline"]
    share = f" ({words.share(so_far['lost_share'])})" if so_far["lost"] else ""
    text = f"{words.plural(so_far['lost'], 'order')} lost{share}, "
    text += f"{words.plural(so_far['customers_affected'], 'customer')} affected"
    if found["so_far_is_over"]:
        text += " until your fix or first load test"
    text += f"; revenue {words.money(now['revenue_per_min'])} a minute"
    return text + (f", {words.money(before['revenue_per_min'])} in the baseline" if before else "")


def next_steps(session: dict[str, Any]) -> list[tuple[str, str]]:
    """What the lab suggests to do next."""
    return [(str(one["command"]), str(one["why"])) for one in session.get("next") or []]
