"""`lab changes`: what the company changed in its own system."""

import click

from lab.cli.command import Lab, LabCommand
from lab.cli.layout import Column
from lab.core import words


@click.command(
    "changes",
    cls=LabCommand,
    examples=["lab changes", "lab changes --json"],
)
@click.pass_obj
def command(lab: Lab) -> None:
    """Show the change feed: deploys and settings your own company changed, newest last.

    A third party's changes never show up here; look at its own pages with `lab partner`.
    """
    terminal = lab.terminal
    changes = lab.console().get("/api/changes")
    if terminal.json_mode:
        terminal.data(changes)
        return
    if not changes:
        terminal.say("Nobody at your company has changed anything since this lab started.")
        terminal.steps([("lab partner changelog", "what the payment partner announced")])
        return
    terminal.table(
        [Column("time"), Column("service"), Column("version"), Column("by"), Column("what", flexible=True)],
        [
            [
                words.when(one["time_s"]),
                one.get("service") or "",
                one.get("version") or "",
                one.get("by") or "",
                one["what"],
            ]
            for one in sorted(changes, key=lambda one: one["time_s"])
        ],
    )
    terminal.steps([("lab metrics", "did anything get worse at one of these moments?")])
