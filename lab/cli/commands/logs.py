"""`lab logs`: what the services say, searched."""

import time
from typing import Any

import click

from lab.cli import over_time
from lab.cli.command import Lab, LabCommand
from lab.cli.command import words as query_of
from lab.cli.invocation import command as lab_command
from lab.cli.layout import cells, pad
from lab.cli.moments import window, with_window
from lab.core import words
from lab.core.errors import INTERRUPTED, OK, UsageError

POLL_S = 1.0
LEVEL_STYLES = {"ERROR": "bad", "WARN": "warn"}


@click.command(
    "logs",
    cls=LabCommand,
    takes_words=True,
    examples=["lab logs level:error --since 60s", "lab logs service:orders 'status:>=500' -route:/products"],
)
@click.argument("query", nargs=-1)
@with_window
@click.option("--limit", type=click.IntRange(1, 1000), default=30, show_default=True, help="At most this many.")
@click.option("--fields", is_flag=True, help="Show every field of a record.")
@click.option("--histogram", is_flag=True, help="Only how many there were, over time.")
@click.option("--follow", is_flag=True, help="Keep printing new records until Ctrl-C.")
@click.pass_context
def command(
    ctx: click.Context,
    query: tuple[str, ...],
    since: str | None,
    until: str | None,
    limit: int,
    fields: bool,
    histogram: bool,
    follow: bool,
) -> int:
    """Search the services' logs; oldest first, the newest at the bottom.

    QUERY is words and field:value, all of which must fit: level:error, service:orders, 'status:>=500',
    trace:4bf92f35, any field a record has. A dash before it means "not": -level:info.
    """
    lab: Lab = ctx.obj
    if follow and lab.terminal.json_mode:
        raise UsageError(
            "--follow never ends, and --json is one document.", "Leave one out; repeat `lab logs --json` instead."
        )
    if follow and histogram:
        raise UsageError("--histogram is a picture of the past, --follow waits for what comes.", "Leave one out.")
    if follow and until is not None:
        raise UsageError("--follow goes on from now; it has no --until.", "Leave --until out.")
    text, span = query_of(ctx, query), window(since, until)
    console = lab.console()
    if histogram:
        over_time.histogram(lab, text, console.get("/api/logs/histogram", q=text or None, **span))
        return OK
    found = console.get("/api/logs", q=text or None, limit=limit, **span)
    if lab.terminal.json_mode:
        lab.terminal.data(found)
        return OK
    records = sorted(found["logs"], key=lambda one: (one["time_s"], one["id"]))
    _show(lab, records, fields)
    if follow:
        try:
            _follow(lab, console, text, max((one["id"] for one in records), default=0), fields)
        except KeyboardInterrupt:
            return INTERRUPTED
    elif records:
        _footer(lab, found, records, text)
    else:
        lab.terminal.note(f"No record fits, {words.span(found['window'])}.")
        wider = [(lab_command("logs", *text.split(), "--since", "all"), "the whole run")] if since or until else []
        lab.terminal.steps([*wider, ("lab logs --help", "how a search is written")])
    return OK


def _show(lab: Lab, records: list[dict[str, Any]], fields: bool) -> None:
    refs = max((cells(one["ref"]) for one in records), default=0)
    services = max((cells(one["service"]) for one in records), default=0)
    for record in records:
        level, trace = str(record["severity"]), record.get("trace_id")
        head = f"{words.clock(record['time_s'])} {pad(record['ref'], refs)} {pad(record['service'], services)}"
        tail = f" trace:{trace[:8]}" if trace else ""
        lab.terminal.record(f"{head} {level:<5} {record['message']}{tail}", LEVEL_STYLES.get(level, ""), " " * 9)
        if not fields:
            continue
        known = {"event": record.get("event"), **record.get("attributes", {})}
        for name, value in sorted(known.items()):
            if value is not None:
                lab.terminal.record(f"{' ' * 9}{name}={value}", "dim")


def _footer(lab: Lab, found: dict[str, Any], records: list[dict[str, Any]], text: str) -> None:
    total = found.get("count", len(records))
    which = f"The newest {len(records)} of {words.plural(total, 'record')}"
    if total <= len(records):
        which = words.plural(total, "record")
    lab.terminal.note(f"\n{which}, {words.span(found['window'])}.")
    last = records[-1]
    steps = [(f"lab cite {last['ref']}", "keep one as evidence")]
    if last.get("trace_id"):
        steps.append((f"lab traces {last['trace_id'][:8]}", "the whole request it belongs to"))
    if total > len(records):
        given = text.split() if "'" not in text and '"' not in text else [text]
        steps.append(
            (lab_command("logs", *given, "--until", f"{records[0]['time_s']:.3f}"), "the records before these")
        )
    lab.terminal.steps(steps)


def _follow(lab: Lab, console: Any, text: str, newest: int, fields: bool) -> None:
    lab.terminal.note("Waiting for new records; Ctrl-C ends this.", "dim")
    since, console = time.time() - 5.0, console.repeating()
    while True:
        time.sleep(POLL_S)
        found = console.get("/api/logs", q=text or None, limit=500, since=f"{since:.3f}")
        fresh = sorted((one for one in found["logs"] if one["id"] > newest), key=lambda one: one["id"])
        _show(lab, fresh, fields)
        lab.terminal.flush()
        newest = max([newest, *(one["id"] for one in fresh)])
        since = time.time() - 5.0  # records arrive a little after their own time
