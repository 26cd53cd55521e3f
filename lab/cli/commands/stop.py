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
    from lab.remote import home

    known = home.address(lab.home)
    stays = known is not None and known.contained
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
    left = "the containers go on, ready for another start" if stays else "nothing is running any more"
    lab.terminal.say(f"Stopped; {left}.")
    if report:
        lab.terminal.say(f"Your report: {report}")
    told = [("lab report", "what happened")] if (lab.home / "sessions").exists() else []
    lab.terminal.steps([*told, ("lab list", "what to do next")])
