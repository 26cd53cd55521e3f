"""`lab reset`: the same scenario again, from the beginning."""

import click

from lab.cli.command import Lab, LabCommand
from lab.core.errors import INTERRUPTED, LabError


class ResetInterrupted(LabError):
    """Ctrl-C while the lab starts over."""

    exit_code = INTERRUPTED


@click.command(
    "reset",
    cls=LabCommand,
    examples=["lab reset", "lab reset --seed 8"],
)
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), help="Another variant: other numbers, other answers.")
@click.option("--no-wait", is_flag=True, help="Return when the shop is open, before the pager message.")
@click.pass_obj
def command(lab: Lab, seed: int | None, no_wait: bool) -> None:
    """Begin the same scenario again from scratch. This run's report and progress are kept.

    The same seed gives the same variant; --seed draws another one.
    """
    from lab.cli import follow, places

    console, terminal = lab.console(), lab.terminal
    try:
        console.post("/api/session/reset", {} if seed is None else {"seed": seed}, timeout_s=60.0)
        steps = follow.Steps()
        session = follow.until_live(lab, console, steps)
        brief = console.get("/api/brief")
        if not terminal.json_mode:
            follow.show_brief(lab, session, brief)
        if not no_wait:
            session = follow.until_pager(lab, console, steps)
    except KeyboardInterrupt:
        raise ResetInterrupted(
            "You stopped watching; the lab goes on starting over.", "`lab status` shows how far it is."
        ) from None
    except follow.SessionFailed:
        places.end(lab.home)
        raise
    if terminal.json_mode:
        terminal.data({**session, "brief": brief["brief"], "first_steps": brief["first_steps"]})
    elif not no_wait:
        follow.show_pager(lab, session)
