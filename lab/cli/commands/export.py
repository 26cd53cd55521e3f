"""`lab export`: the load test as a locustfile, or this run's raw records, for other tools."""

import json
from pathlib import Path

import click

from lab.cli.command import Lab, LabCommand
from lab.cli.invocation import quote
from lab.cli.moments import window, with_window
from lab.core.errors import EnvironmentLacks, UsageError


@click.command(
    "export",
    cls=LabCommand,
    examples=["lab export locust -o locustfile.py", "lab export records --since incident -o run.ndjson"],
)
@click.argument("what", type=click.Choice(["locust", "records"]))
@click.option(
    "-o", "--output", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file."
)
@with_window
@click.option("--force", is_flag=True, help="Replace the file if it exists.")
@click.pass_obj
def command(lab: Lab, what: str, output: Path | None, since: str | None, until: str | None, force: bool) -> None:
    """Write what other tools read.

    `locust` is the scenario's load test as a locustfile, to run it with Locust yourself; `records` are the
    spans and logs of this run, one JSON object a line.
    """
    terminal = lab.terminal
    span = window(since, until) if what == "records" else {}
    text: str = lab.console().text(f"/api/export/{what}", **span)
    if output is not None:
        _written(output, text, force)
    if terminal.json_mode:
        content = {"text": text} if what == "locust" else {"records": [json.loads(line) for line in text.splitlines()]}
        terminal.data({**content, "file": str(output) if output else None})
    elif output is None:
        terminal.raw(text)
    else:
        terminal.say(f"Wrote {output}.")
        if what == "locust":
            terminal.steps([(f"locust -f {quote(str(output))}", "run it yourself, with Locust's own page")])


def _written(output: Path, text: str, force: bool) -> None:
    if output.exists() and not force:
        raise UsageError(f"{output} exists already.", "Add --force to replace it, or choose another name.")
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise EnvironmentLacks(f"{output} cannot be written: {reason}.", "Choose another place with -o.") from None
