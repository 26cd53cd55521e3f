"""`lab scenario schema`: the JSON Schema of scenario.yaml."""

import click

from lab.cli.command import Lab, LabCommand


@click.command("schema", cls=LabCommand, examples=["lab scenario schema > scenario.schema.json"])
@click.pass_obj
def command(lab: Lab) -> None:
    """Print the JSON Schema of scenario.yaml, so that editors complete and check it.

    The first line of a scenario names the schema:
    # yaml-language-server: $schema=../scenario.schema.json
    """
    from lab.scenario.schema import schema

    lab.terminal.data(schema())
