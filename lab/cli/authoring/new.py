"""`lab scenario new`: a folder to begin with."""

from pathlib import Path

import click

from lab.cli.authoring.targets import shown_target
from lab.cli.command import Lab, LabCommand
from lab.cli.complete import scenarios
from lab.cli.invocation import command as lab_command
from lab.core.paths import path_of


@click.command(
    "new",
    cls=LabCommand,
    examples=["lab scenario new our-outage", "lab scenario new our-campaign --like rate-limit"],
)
@click.argument("name", metavar="NAME | PATH")
@click.option("--like", metavar="SCENARIO", shell_complete=scenarios, help="Begin with a copy of this scenario.")
@click.option(
    "--scenarios",
    "directories",
    metavar="DIR",
    multiple=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Also look for --like in this folder of scenarios.",
)
@click.pass_obj
def command(lab: Lab, name: str, like: str | None, directories: tuple[Path, ...]) -> None:
    """Write a scenario to begin with into a new folder: commented, and working as it is.

    The folder's name is the scenario's id. Change one thing, check it, prove it.
    """
    from lab.scenario import find
    from lab.scenario.scaffold import SCHEMA, write

    folder = path_of(name)
    file = write(folder, find(like, directories) if like is not None else None)
    target = shown_target(folder.absolute())
    if lab.terminal.json_mode:
        lab.terminal.data(
            {
                "scenario": folder.name,
                "path": str(folder.absolute()),
                "files": sorted(p.name for p in file.parent.iterdir()),
            }
        )
        return
    lab.terminal.say(f"Wrote {target}: scenario.yaml, three texts, and {SCHEMA} beside it for your editor.")
    lab.terminal.steps(
        [
            (lab_command("scenario", "check", target), "find mistakes, in a second"),
            (lab_command("scenario", "prove", target), "run it unattended, in about a minute"),
            (lab_command("start", target), "play it, as a learner does"),
        ]
    )
