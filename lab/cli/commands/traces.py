"""`lab traces`: whole requests, and one of them as a waterfall."""

import re
from typing import Any

import click

from lab.cli.command import Lab, LabCommand
from lab.cli.command import words as query_of
from lab.cli.invocation import command as lab_command
from lab.cli.invocation import segment
from lab.cli.layout import Column, Line, Run, cells, cut, pad, span_bar
from lab.cli.moments import window, with_window
from lab.core import words

_ID = re.compile(r"^(?:trace:)?([0-9a-f]{6,32})$")
NAME_CELLS, BAR_CELLS = 42, 20


@click.command(
    "traces",
    cls=LabCommand,
    takes_words=True,
    examples=["lab traces status:503", "lab traces 4bf92f35", "lab traces peer:partner 'duration:>500'"],
)
@click.argument("query", nargs=-1, metavar="[QUERY... | TRACE_ID]")
@with_window
@click.option("--limit", type=click.IntRange(1, 500), default=20, show_default=True, help="At most this many.")
@click.pass_context
def command(ctx: click.Context, query: tuple[str, ...], since: str | None, until: str | None, limit: int) -> None:
    """List requests that fit QUERY, or show one TRACE_ID as a waterfall: who waited for whom, how long.

    A trace is one customer's request through every service. Searching: status:503, service:orders,
    peer:partner, 'duration:>500' (milliseconds), 'root:POST /api/v1/orders', any field of a span.
    """
    lab: Lab = ctx.obj
    text, span = query_of(ctx, query), window(since, until)
    console = lab.console()
    if match := _ID.match(text):
        found = console.get(f"/api/traces/{segment(match[1])}")
        if lab.terminal.json_mode:
            lab.terminal.data(found)
        else:
            _waterfall(lab, found)
        return
    found = console.get("/api/traces", q=text or None, limit=limit, **span)
    if lab.terminal.json_mode:
        lab.terminal.data(found)
        return
    if found["traces"]:
        _list(lab, found["traces"])
    else:
        lab.terminal.note("No request fits.")
        wider = [(lab_command("traces", *text.split(), "--since", "all"), "the whole run")] if since or until else []
        lab.terminal.steps([*wider, ("lab traces --help", "how a search is written")])


def _list(lab: Lab, traces: list[dict[str, Any]]) -> None:
    terminal = lab.terminal
    columns = [
        Column("time"),
        Column("trace"),
        Column("request", cut=True),
        Column("answer"),
        Column("took", right=True),
    ]
    columns += [Column("spans", right=True), Column("errors", right=True)]
    rows = sorted(traces, key=lambda one: one["start_s"])
    terminal.table(
        columns,
        [
            [
                words.clock(one["start_s"]),
                one["trace_id"][:8],
                f"{one['root']}",
                Run(str(one["status"]), "bad" if one["errors"] else ""),
                words.ms(one["duration_ms"]),
                str(one["spans"]),
                Run(str(one["errors"]), "bad" if one["errors"] else ""),
            ]
            for one in rows
        ],
        indent="",
    )
    slowest = max(rows, key=lambda one: one["duration_ms"])
    terminal.steps(
        [
            (f"lab traces {slowest['trace_id'][:8]}", "the slowest of these, step by step"),
            (f"lab cite trace:{slowest['trace_id'][:8]}", "keep it as evidence"),
        ]
    )


def _waterfall(lab: Lab, found: dict[str, Any]) -> None:
    terminal, spans = lab.terminal, found["spans"]
    total = found["duration_ms"]
    root = spans[0]
    terminal.say(f"**trace {found['trace_id']}**")
    terminal.say(f"{root['service']} {root['name']}, {words.clock(root['start_s'])}, took {words.ms(total)}")
    width = terminal.width
    names = min(NAME_CELLS, max(24, max(cells(_name(one)) + 2 * one["depth"] for one in spans) + 2))
    bars = max(8, min(36, width - names - 2 - 11 - max(6, *(cells(_answer(one)) for one in spans))))
    scale = f"0{words.ms(total):>{bars - 1}}"
    lines: list[Line] = [[], [Run(pad("  span", names + 2), "dim"), Run(scale, "dim"), Run("     took  answer", "dim")]]
    for one in spans:
        critical, failed = bool(one.get("critical")), one.get("status") == "error"
        name = cut("  " * one["depth"] + _name(one), names)
        bar = span_bar(one["offset_ms"], one["duration_ms"], total, bars, "█" if critical else "░")
        answer = _answer(one)
        lines.append(
            [
                Run("* " if critical else "  ", "bold"),
                Run(pad(name, names), "bold" if critical else ""),
                Run(bar, "warn" if critical else "dim"),
                Run(f"{words.ms(one['duration_ms']):>9}"),
                Run(f"  {answer}", "bad" if failed else ""),
            ]
        )
    terminal.lines(lines)
    if found.get("missing"):
        terminal.note(f"{words.plural(found['missing'], 'span')} of this request never arrived.")
    terminal.note("\n* and solid bars: the critical path, the waits that made the request as long as it was.", "dim")
    terminal.steps(
        [
            (f"lab logs trace:{found['trace_id'][:8]}", "what was logged on the way"),
            (f"lab cite trace:{found['trace_id'][:8]}", "keep it as evidence"),
        ]
    )


def _name(one: dict[str, Any]) -> str:
    peer = one.get("attributes", {}).get("peer.service")
    who = f"{one['service']}->{peer}" if one.get("kind") == "client" and peer else one["service"]
    return f"{who} {one['name']}"


def _answer(one: dict[str, Any]) -> str:
    attributes = one.get("attributes", {})
    answer = attributes.get("http.response.status_code") or attributes.get("error.type") or ""
    again = attributes.get("http.request.resend_count")
    return f"{answer}{f' try {again + 1}' if again else ''}"
