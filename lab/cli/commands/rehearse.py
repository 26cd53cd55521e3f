"""`lab rehearse`: a migration on a copy of the data, before anybody can be hurt by it."""

from typing import Any

import click

from lab.cli.command import Lab, LabCommand
from lab.cli.invocation import command as lab_command
from lab.cli.layout import Column
from lab.cli.live import progress
from lab.core import words

WITHIN_S = 180.0


@click.command("rehearse", cls=LabCommand, examples=["lab rehearse"])
@click.pass_obj
def command(lab: Lab) -> None:
    """Copy the shop's database, run the lesson's migration on the copy as it is written, and show what it did.

    The shop and its data are not touched. Afterwards `lab sql --copy` reads the copy.
    """
    console = lab.console()
    with progress(lab.terminal) as bar:
        bar.update(None, "Migrating a copy of the database")
        done = console.post("/api/rehearsal", {}, timeout_s=WITHIN_S)
    if lab.terminal.json_mode:
        lab.terminal.data(done)
    else:
        _show(lab, done)


def _show(lab: Lab, done: dict[str, Any]) -> None:
    terminal = lab.terminal
    table, column, source = (str(done[name]) for name in ("table", "column", "source"))
    terminal.say(f"**Rehearsed on a copy:** the new column `{column}` of `{table}` is there, and filled.")
    terminal.table(
        [Column("what"), Column("on the copy", right=True)],
        [
            ["rows written", words.count(done["rows"])],
            ["transactions", words.count(done["transactions"])],
            ["from begin to end", words.duration(done["took_s"])],
            ["longest transaction", words.duration(done["blocked_s"])],
        ],
    )
    terminal.note("\nWhile a transaction writes, everybody else who wants to write waits. Reading goes on.", "dim")
    counts = f"SELECT {source}, {column}, count(*) FROM {table} GROUP BY 1, 2"  # noqa: S608 - shown to a person
    terminal.steps(
        [
            (lab_command("sql", "--copy", counts), "what became of the old rows"),
            ("lab logs event:migration.rehearsed", "the same as a record, to cite"),
            ("lab diagnose", "the next question"),
        ]
    )
