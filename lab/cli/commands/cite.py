"""`lab cite`: keep a record, a trace or a measurement as evidence."""

from typing import Any

import click

from lab.cli.command import Lab, LabCommand
from lab.cli.complete import from_console
from lab.cli.invocation import segment
from lab.cli.layout import Column, Run
from lab.cli.moments import window, with_window
from lab.core.errors import UsageError


@click.command(
    "cite",
    cls=LabCommand,
    examples=[
        "lab cite log:1234 --note 'the partner refused it'",
        "lab cite --metric error_rate --service gateway --since 60s",
    ],
)
@click.argument("ref", required=False)
@click.option("--note", help="A few words of your own, shown with it.")
@click.option("--metric", metavar="KIND", help="A measurement, e.g. error_rate, latency, rate, status_rate.")
@click.option("--service", help="Whose requests the metric counts.")
@click.option("--edge", metavar="CALLER->CALLEE", help="Whose calls the metric counts.")
@click.option("--route", metavar="'METHOD PATH'", help="Only this route.")
@click.option("--percentile", type=float, help="For latency, e.g. 95.")
@click.option("--status", type=int, help="For status_rate, e.g. 503.")
@click.option("--name", help="For gauge, e.g. db_pool_waiting.")
@with_window
@click.option(
    "--remove",
    metavar="ID",
    shell_complete=from_console("/api/cites", "summary"),
    help="Drop the piece of evidence with this id, e.g. E1.",
)
@click.pass_obj
def command(
    lab: Lab,
    /,
    ref: str | None,
    note: str | None,
    metric: str | None,
    remove: str | None,
    since: str | None,
    until: str | None,
    **scope: Any,
) -> None:
    """Keep REF (log:1234, trace:4bf92f35) or a metric's window as evidence, under an id such as E1.

    Without anything, lists what you have kept. Citing is free; an answer names the ids.
    """
    given = {name: value for name, value in scope.items() if value is not None}
    if sum(one is not None for one in (ref, metric, remove)) > 1:
        raise UsageError(
            "A record, a --metric and --remove are three different things; give one.", "See `lab cite --help`."
        )
    if given and metric is None:
        raise UsageError(f"--{next(iter(given))} belongs to a --metric.", "See `lab cite --help`.")
    span = window(since, until)
    console = lab.console()
    if remove is not None:
        _removed(lab, console, remove)
    elif metric is not None:
        bounds = {name: value for name, value in span.items() if value is not None}
        body = {"probe": {metric: given}, **bounds}
        _kept(lab, console.post("/api/cites", body | ({"note": note} if note else {})))
    elif ref is not None:
        _kept(lab, console.post("/api/cites", {"ref": ref} | ({"note": note} if note else {})))
    else:
        _listed(lab, console.get("/api/cites"))


def _kept(lab: Lab, cite: dict[str, Any]) -> None:
    if lab.terminal.json_mode:
        lab.terminal.data(cite)
        return
    lab.terminal.say(f"Kept as **{cite['id']}**: {cite['summary']}")
    lab.terminal.steps([("lab diagnose", "use it in an answer"), (f"lab cite --remove {cite['id']}", "drop it")])


def _short(ref: str) -> str:
    """A reference as it is listed: a trace by the beginning of its id, a measurement by that word."""
    kind, _, key = ref.partition(":")
    return kind if kind == "metric" else f"{kind}:{key[:12]}"


def _removed(lab: Lab, console: Any, name: str) -> None:
    console.delete(f"/api/cites/{segment(name.upper())}")
    if lab.terminal.json_mode:
        lab.terminal.data({"removed": name})
        return
    lab.terminal.say(f"Dropped {name}.")
    lab.terminal.steps([("lab cite", "what is left")])


def _listed(lab: Lab, cites: list[dict[str, Any]]) -> None:
    if lab.terminal.json_mode:
        lab.terminal.data(cites)
        return
    if not cites:
        lab.terminal.say("You have not kept any evidence yet.")
        lab.terminal.steps(
            [
                ("lab logs level:error", "every record shows a name such as log:1234"),
                ("lab cite log:1234", "keeps that record"),
            ]
        )
        return
    lab.terminal.table(
        [Column("id"), Column("record", cut=True), Column("what", flexible=True), Column("your note", flexible=True)],
        [[Run(one["id"], "bold"), _short(one["ref"]), one["summary"], one.get("note") or ""] for one in cites],
    )
    lab.terminal.steps([("lab diagnose", "use it in an answer")])
