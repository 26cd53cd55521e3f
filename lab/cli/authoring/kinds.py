"""`lab scenario kinds`: what a scenario can be written with."""

import click

from lab.cli.command import Lab, LabCommand
from lab.cli.layout import Column


@click.command("kinds", cls=LabCommand, examples=["lab scenario kinds", "lab scenario kinds probes"])
@click.argument("sort", required=False)
@click.pass_obj
def command(lab: Lab, sort: str | None) -> None:
    """List the kinds of changes, rules, probes and questions that scenarios are made of.

    SORT lists one sort only. Kinds of installed packages are among them.
    """
    from dataclasses import asdict

    from lab.scenario.kinds import SORTS, kinds_listed

    kinds = kinds_listed(sort)
    if lab.terminal.json_mode:
        lab.terminal.data([asdict(one) for one in kinds])
        return
    for name in SORTS if sort is None else [sort]:
        lab.terminal.title(name.capitalize())
        rows = [[one.kind, one.what] for one in kinds if one.sort == name]
        lab.terminal.table([Column("kind"), Column("what", flexible=True)], rows)
    lab.terminal.steps([("lab scenario kinds --json", "their parameters as well")])
