"""`lab scenario check`: mistakes that can be found without running anything."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from lab.cli.authoring.targets import folders, shown_path, shown_target, with_targets
from lab.cli.command import Lab, LabCommand
from lab.cli.invocation import command as lab_command
from lab.core.errors import CHECK_FAILED, OK

if TYPE_CHECKING:
    from lab.proof.check import Checked


@click.command(
    "check",
    cls=LabCommand,
    examples=["lab scenario check rate-limit", "lab scenario check --all"],
)
@with_targets
@click.pass_obj
def command(lab: Lab, names: tuple[str, ...], every: bool, directories: tuple[Path, ...]) -> int:
    """Find mistakes in scenarios without running anything.

    Misspelt fields, names that do not exist, answers that are told too early, links that lead nowhere,
    reasons that are missing: each with its file, line and column. Exits with 1 when there is a mistake;
    advice is no mistake.
    """
    from lab.cli.root import COMMANDS
    from lab.proof.check import check

    found: list[Checked] = []
    for path in folders(names, every, directories):
        found.append(check(path, lab.home / "cache", frozenset(COMMANDS)))
        if not lab.terminal.json_mode:
            _show(lab, found[-1])
    bad = sum(not one.ok for one in found)
    if lab.terminal.json_mode:
        lab.terminal.data({"ok": not bad, "scenarios": [one.as_json() for one in found]})
    elif not bad:
        last = found[-1].path
        lab.terminal.steps(
            [(lab_command("scenario", "prove", shown_target(last)), "run it, and see that it does what it says")]
        )
    return CHECK_FAILED if bad else OK


def _show(lab: Lab, checked: "Checked") -> None:
    terminal = lab.terminal
    for one in checked.problems:
        terminal.record(f"{shown_path(one.path)}:{one.line}:{one.column}: {one.what}", "bad")
        terminal.say(one.hint, "", "    ")
    for one in checked.advice:
        terminal.record(f"{shown_path(one.path)}:{one.line}:{one.column}: advice: {one.what}", "warn")
        terminal.say(one.hint, "", "    ")
    name = checked.path.name
    if checked.problems:
        count = len(checked.problems)
        terminal.say(f"**{name}**: {count} mistake{'s' if count > 1 else ''}.", "bad")
    else:
        reading = f"{checked.words} words to read, about {max(1, round(checked.reading_minutes))} minutes"
        terminal.say(f"**{name}**: no mistakes. {reading}.", "good")
