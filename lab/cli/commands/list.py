"""`lab list`: the scenarios there are."""

from pathlib import Path
from typing import Any

import click

from lab.cli.command import Lab, LabCommand
from lab.cli.invocation import command as lab_command
from lab.cli.layout import Run, cells, pad
from lab.core import words

LEVELS = {
    "tutorial": "Tutorial (you learn the tools; nothing to repair)",
    "beginner": "Beginner",
    "intermediate": "Intermediate",
    "advanced": "Advanced",
}


@click.command(
    "list",
    cls=LabCommand,
    examples=["lab list", "lab list --scenarios ./our-incidents"],
)
@click.option(
    "--scenarios",
    "directories",
    metavar="DIR",
    multiple=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Also look in this folder of scenarios; may be given several times.",
)
@click.pass_obj
def command(lab: Lab, directories: tuple[Path, ...]) -> None:
    """Show the scenarios: what each is about, how long it takes, and your best score.

    Works with nothing running.
    """
    from lab.session import offline

    found: list[dict[str, Any]] = offline.scenarios([one.absolute() for one in directories], lab.home)
    if lab.terminal.json_mode:
        lab.terminal.data(found)
        return
    widest = max((cells(one["id"]) for one in found), default=0)
    for level in [*LEVELS, ""]:
        rows = [one for one in found if one["level"] == level]
        if rows:
            lab.terminal.title(LEVELS.get(level, "Cannot be read"))
            for one in rows:
                _tell(lab, one, widest)
    if not found:
        lab.terminal.say("There are no scenarios here.")
    first = next((one["id"] for one in found if one["done"] is None and not one.get("error")), None)
    if first:
        given = [word for one in directories for word in ("--scenarios", str(one))]
        lab.terminal.steps([(lab_command("start", first, *given), "begin one you have not done yet")])


def _tell(lab: Lab, one: dict[str, Any], widest: int) -> None:
    """A line of what one looks for, and below it what it is about."""
    name = Run(f"  {pad(one['id'], widest)}", "bold")
    if one.get("error"):
        lab.terminal.lines([[name, Run("  cannot be read", "bad")]])
        lab.terminal.say(one["error"], "", "    ", "    ")
        return
    best = Run("not yet") if one["done"] is None else Run(f"best {words.share(one['done'])}", "good")
    lab.terminal.lines([[name, Run(f"  {one['minutes']:>3} min  "), best]])
    lab.terminal.say(f"{one['title']}. {one['summary']}" if one["summary"] else one["title"], "", "    ", "    ")
