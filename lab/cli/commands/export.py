"""`lab export`: the load test as a file that other tools run."""

from pathlib import Path

import click

from lab.cli.command import Lab, LabCommand
from lab.cli.invocation import quote
from lab.core.errors import EnvironmentLacks, UsageError


@click.command(
    "export",
    cls=LabCommand,
    examples=["lab export locust", "lab export locust -o locustfile.py"],
)
@click.argument("what", type=click.Choice(["locust"]))
@click.option(
    "-o", "--output", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file."
)
@click.option("--force", is_flag=True, help="Replace the file if it exists.")
@click.pass_obj
def command(lab: Lab, what: str, output: Path | None, force: bool) -> None:
    """Write the scenario's load test as a locustfile, to run it with Locust yourself."""
    terminal = lab.terminal
    text: str = lab.console().text(f"/api/export/{what}")
    if output is not None:
        _written(output, text, force)
    if terminal.json_mode:
        terminal.data({"text": text, "file": str(output) if output else None})
    elif output is None:
        terminal.raw(text)
    else:
        terminal.say(f"Wrote {output}.")
        terminal.steps([(f"locust -f {quote(str(output))}", "run it yourself, with Locust's own page")])


def _written(output: Path, text: str, force: bool) -> None:
    if output.exists() and not force:
        raise UsageError(f"{output} exists already.", "Add --force to replace it, or choose another name.")
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise EnvironmentLacks(f"{output} cannot be written: {reason}.", "Choose another place with -o.") from None
