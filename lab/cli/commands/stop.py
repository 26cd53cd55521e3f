"""`lab stop`: end the session; nothing stays behind but reports and progress."""

import click

from lab.cli.command import Lab, LabCommand
from lab.core.errors import LabError


@click.command(
    "stop",
    cls=LabCommand,
    examples=["lab stop"],
)
@click.pass_obj
def command(lab: Lab) -> None:
    """Stop everything the lab started. Your report and your progress are kept.

    Exits with 3 when nothing is running.
    """
    from lab.cli import places

    hangs = False
    try:
        lab.console()
    except LabError:
        hangs = places.leftover(lab.home)
        if not hangs:
            raise
    report = places.end(lab.home, hangs=hangs)
    if lab.terminal.json_mode:
        lab.terminal.data({"stopped": True, "report": report})
        return
    lab.terminal.say("Stopped; nothing is running any more.")
    if report:
        lab.terminal.say(f"Your report: {report}")
    told = [("lab report", "what happened")] if (lab.home / "sessions").exists() else []
    lab.terminal.steps([*told, ("lab list", "what to do next")])
