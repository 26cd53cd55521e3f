"""`lab progress`: what has been done so far."""

import contextlib
from typing import Any

import click

from lab.cli.command import Lab, LabCommand
from lab.cli.layout import Column, Run
from lab.core import words
from lab.core.errors import LabError

BAR_CELLS = 10


@click.command(
    "progress",
    cls=LabCommand,
    examples=["lab progress", "lab progress --csv > progress.csv"],
)
@click.option("--csv", "as_csv", is_flag=True, help="Every run as CSV, for a spreadsheet.")
@click.pass_obj
def command(lab: Lab, as_csv: bool) -> None:
    """Show what you have done: best score by scenario, by skill, and your runs.

    Works with nothing running; stopping or resetting a lab never loses it.
    """
    terminal = lab.terminal
    found = _found(lab)
    if terminal.json_mode:
        terminal.data(found)
        return
    if as_csv:
        from lab.export.progress import csv_of

        terminal.raw(csv_of(found["runs"]).rstrip("\n"))
        return
    if not found["runs"]:
        terminal.say("Nothing to show yet: your first answered question will appear here.")
        terminal.steps([("lab list", "choose a scenario")])
        return
    terminal.title("Scenarios")
    terminal.table(
        [
            Column("scenario"),
            Column("best", right=True),
            Column(""),
            Column("tries", right=True),
            Column("last", right=True),
            Column("title", flexible=True),
        ],
        [
            [
                Run(one["id"], "bold"),
                words.share(one["best"]),
                Run("passed", "good") if one["passed"] else "not passed yet",
                str(one["tries"]),
                words.day(one.get("last_at")),
                one["title"],
            ]
            for one in found["scenarios"]
        ],
    )
    terminal.title("Skills")
    terminal.table(
        [Column("skill"), Column("score", right=True), Column(""), Column("from", flexible=True)],
        [
            [
                one["skill"],
                words.share(one["share"]),
                _bar(one["share"]),
                words.plural(one["scenarios"], "scenario"),
            ]
            for one in found["skills"]
        ],
    )
    mistaken = [one for one in found.get("confusion", ()) if one["was"] != one["took"]]
    if mistaken:
        terminal.title("What you took for what, at first")
        terminal.table(
            [Column("times", right=True), Column("it was", flexible=True), Column("you took it for", flexible=True)],
            [[str(one["times"]), one["was"], one["took"]] for one in mistaken],
        )
    terminal.steps([("lab list", "what to do next"), ("lab report", "your last run in detail")])


def _found(lab: Lab) -> dict[str, Any]:
    """What this home's progress says; while a lab runs in containers, what theirs says, which began with it."""
    from lab.remote.home import address
    from lab.session import offline

    known = address(lab.home)
    if known is not None and known.project:
        with contextlib.suppress(LabError):
            running: dict[str, Any] = lab.console().get("/api/progress")
            return running
    return offline.progress(lab.home)


def _bar(share: float) -> str:
    full = round(share * BAR_CELLS)
    return "█" * full + "░" * (BAR_CELLS - full)
