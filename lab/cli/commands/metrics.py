"""`lab metrics`: rate, errors and durations, by service and by edge, with what they mean in words."""

from typing import Any

import click

from lab.cli import over_time
from lab.cli.command import Lab, LabCommand
from lab.cli.invocation import command as lab_command
from lab.cli.layout import Column, Run, sparkline
from lab.cli.moments import length, window, with_window
from lab.core import words
from lab.core.errors import UsageError
from lab.core.window import NAMED

RED = ("requests", "rate_rps", "error_share", "p50_ms", "p95_ms", "p99_ms")


ROOMY = 90
"""So many cells hold the long titles."""


@click.command(
    "metrics",
    cls=LabCommand,
    examples=["lab metrics", "lab metrics --edge 'gateway->orders' --since 5min --every 10s"],
)
@click.option("--service", help="Only the requests this service answered.")
@click.option("--edge", metavar="CALLER->CALLEE", help="Only the calls of one service to another.")
@click.option("--route", metavar="'METHOD PATH'", help="Only this route, e.g. 'POST /orders'.")
@with_window
@click.option("--every", metavar="DURATION", help="Show every step of this length, e.g. 5s, as a row.")
@click.option("--heatmap", is_flag=True, help="How durations are spread, step by step: what percentiles leave out.")
@click.pass_obj
def command(
    lab: Lab,
    service: str | None,
    edge: str | None,
    route: str | None,
    since: str | None,
    until: str | None,
    every: str | None,
    heatmap: bool,
) -> None:
    """Show how the shop does: orders and money first, then every service and every edge.

    An edge is one service calling another, such as 'gateway->orders'. With --service, --edge or --route
    you see one of them in detail and over time; with --every alone, orders over time. The last half minute
    unless you say --since.
    """
    if service is not None and edge is not None:
        raise UsageError("--service and --edge are two views of it; give one.", "See `lab metrics --help`.")
    span, step = window(since, until), length("--every", every)
    if heatmap:
        found = lab.console().get("/api/metrics/heatmap", service=service, edge=edge, route=route, step=step, **span)
        if not lab.terminal.json_mode:
            over_time.heatmap(lab, found)
            return
    elif (service, edge, route) == (None, None, None) and step is not None:
        found = lab.console().get("/api/metrics/orders", step=step, **span)
        if not lab.terminal.json_mode:
            over_time.orders(lab, found)
            return
    elif (service, edge, route) == (None, None, None):
        found = lab.console().get("/api/overview", **span)
        if not lab.terminal.json_mode:
            _overview(lab, found, since if since in NAMED else "now" if until is None else "then")
            return
    else:
        console = lab.console()
        found = console.get("/api/metrics", service=service, edge=edge, route=route, step=step, **span)
        if service is not None:
            every_service = console.get("/api/overview", **span)["services"]
            found["saturation"] = next((one["saturation"] for one in every_service if one["service"] == service), {})
        if not lab.terminal.json_mode:
            _detail(lab, found, rows=every is not None)
            return
    lab.terminal.data(found)


def _overview(lab: Lab, found: dict[str, Any], when: str) -> None:
    terminal = lab.terminal
    terminal.say(f"From {words.span(found['window'])}.")
    terminal.title("Orders and money")
    _business(lab, when, found["business"], found.get("baseline_business"))
    if found.get("verdict"):
        terminal.say(str(found["verdict"]), "bold", "  ")
    terminal.title("Services (requests each one answered)")
    _reds(lab, "service", found["services"])
    terminal.title("Edges (calls of one to another; an error here is one the caller saw)")
    _reds(lab, "edge", found["edges"])
    _records(lab, found.get("records") or {})
    terminal.note()
    terminal.note(words.PERCENTILES, "dim")
    worst = max(found["edges"], key=lambda one: one["red"].get("error_share") or 0.0, default=None)
    steps = [("lab metrics --service gateway", "one service over time, beside its baseline")]
    if worst is not None:
        steps = [(lab_command("metrics", "--edge", worst["edge"]), "the edge with most errors, over time"), *steps]
    terminal.steps([*steps, ("lab logs level:error", "what the services say about it")])


def _records(lab: Lab, kept: dict[str, Any]) -> None:
    if kept.get("shed"):
        shed = words.plural(kept["shed"], "record")
        lab.terminal.say(f"{shed} came faster than could be kept: counted above, missing in logs and traces.", "", "  ")


def _business(lab: Lab, when: str, now: dict[str, Any], before: dict[str, Any] | None) -> None:
    customers = "customers affected" if lab.terminal.width >= ROOMY else "affected"
    titles = ("attempts", "paid", "lost", customers, "revenue/min", "waiting")
    columns = [Column(""), *(Column(title, right=True) for title in titles)]
    rows = [[when, *_orders(now)]]
    if before:
        rows.append(["baseline", *_orders(before)])
    lab.terminal.table(columns, rows)
    oldest = now.get("oldest_pending_s") or 0
    if now.get("pending"):
        wait = "waits" if now["pending"] == 1 else "wait"
        text = f"{words.plural(now['pending'], 'order')} {wait} to be paid, the oldest for {words.duration(oldest)}."
        lab.terminal.say(text, "", "  ")
    if (now.get("longest_wait_s") or 0) >= 1:
        text = f"The longest wait of an order for its payment was {words.duration(now['longest_wait_s'])}."
        lab.terminal.say(text, "", "  ")


def _orders(one: dict[str, Any]) -> list[str]:
    attempts = one.get("attempts") or 0
    lost = f"{words.count(one['lost'])} ({words.share(one['lost'] / attempts)})" if attempts else "0"
    return [
        words.count(attempts),
        words.count(one["paid"]),
        lost,
        words.count(one["customers_affected"]),
        words.money(one["revenue_per_min"]),
        words.count(one.get("pending") or 0),
    ]


def _reds(lab: Lab, name: str, rows: list[dict[str, Any]]) -> None:
    columns = [Column(name), *(Column(title, right=True) for title in ("rate", "errors", "p50", "p95", "p99"))]
    if name == "edge":
        columns += [Column("429s", right=True), Column("retries", right=True)]
    shown: list[list[str | Run]] = []
    for one in rows:
        red = one["red"]
        row: list[str | Run] = [Run(one[name], "bold"), words.rate(red["rate_rps"]), errors(red)]
        row += [words.ms(red[key]) for key in ("p50_ms", "p95_ms", "p99_ms")]
        if name == "edge":
            row += [words.rate(one.get("status_429_per_s")), words.rate(one.get("retries_per_s"))]
        shown.append(row)
    lab.terminal.table(columns, shown)
    if not rows:
        lab.terminal.say("Nothing was called in this window.", "", "  ")
    for one in rows:
        if one.get("verdict"):
            lab.terminal.say(f"**{one[name]}**: {one['verdict']}", "", "  ", "    ")


def errors(red: dict[str, Any]) -> Run:
    """The share of errors; loud when there are any."""
    said = words.share(red["error_share"])
    return Run(said, "bad") if (red["error_share"] or 0) >= 0.01 else Run(said)


def _detail(lab: Lab, found: dict[str, Any], rows: bool) -> None:
    terminal, scope = lab.terminal, found["scope"]
    whose = " ".join(str(scope[key]) for key in ("service", "edge", "route") if scope.get(key))
    terminal.say(f"**{whose}**, {words.span(found['window'])}")
    if found.get("verdict"):
        terminal.say(str(found["verdict"]), "bold")
    terminal.say()
    red, baseline = found["red"], found.get("baseline")
    columns = [Column(""), Column("now", right=True)] + ([Column("baseline", right=True)] if baseline else [])
    said = (words.count, words.rate, words.share, words.ms, words.ms, words.ms)
    titles = ("requests", "rate", "errors", "p50", "p95", "p99")
    figures = [
        [title, say(red[key])] + ([say(baseline[key])] if baseline else [])
        for title, key, say in zip(titles, RED, said, strict=True)
    ]
    terminal.table(columns, figures)
    if red.get("statuses"):
        answers = ", ".join(f"{status}: {words.count(n)}" for status, n in sorted(red["statuses"].items()))
        terminal.say(f"answers: {answers}", "", "  ", "           ")
    if found.get("saturation"):
        terminal.title("Saturation (how full it is)")
        terminal.table([Column("gauge"), Column("now", right=True)], _gauges(found["saturation"]))
    _over_time(lab, found["series"], rows=rows)
    terminal.note()
    terminal.note(words.PERCENTILES, "dim")
    terminal.steps(_from_here(scope))


def _gauges(saturation: dict[str, Any]) -> list[list[str]]:
    return [[name, f"{value:g}"] for name, value in sorted(saturation.items()) if isinstance(value, int | float)]


_MEASURES = {
    "rate": ("rate", words.rate),
    "error_share": ("errors", words.share),
    "p50": ("p50", words.ms),
    "p95": ("p95", words.ms),
    "p99": ("p99", words.ms),
    "status:429": ("429s", words.rate),
}


def _over_time(lab: Lab, series: dict[str, list[list[Any]]], rows: bool) -> None:
    terminal = lab.terminal
    known = {name: points for name, points in series.items() if name in _MEASURES and points}
    if not known:
        return
    first = next(iter(known.values()))
    step = first[1][0] - first[0][0] if len(first) > 1 else 0.0
    terminal.title(f"Over time (a step is {words.duration(step)})" if step else "Over time")
    if not rows:
        columns = [Column(""), Column("earlier → now"), *(Column(t, right=True) for t in ("lowest", "highest", "last"))]
        terminal.table(columns, [_spark_row(name, points) for name, points in known.items()])
        return
    columns = [Column("time"), *(Column(_MEASURES[name][0], right=True) for name in known)]
    by_time: dict[float, dict[str, Any]] = {}
    for name, points in known.items():
        for at, value in points:
            by_time.setdefault(at, {})[name] = value
    terminal.table(
        columns,
        [[words.clock(at), *(_MEASURES[n][1](row.get(n)) for n in known)] for at, row in sorted(by_time.items())],
    )


def _spark_row(name: str, points: list[list[Any]]) -> list[str]:
    title, say = _MEASURES[name]
    values = [value for _, value in points]
    known = [value for value in values if value is not None] or [None]
    lowest, highest = (min(known), max(known)) if known != [None] else (None, None)
    return [title, sparkline(values, 30), say(lowest), say(highest), say(known[-1])]


def _from_here(scope: dict[str, Any]) -> list[tuple[str, str]]:
    service, edge = scope.get("service"), scope.get("edge")
    if edge:
        caller, _, callee = edge.partition("->")
        return [
            (lab_command("traces", f"service:{caller}", f"peer:{callee}"), "whole requests that went this way"),
            (lab_command("logs", f"service:{caller}", "level:warn"), "what the caller says"),
        ]
    if service:
        return [
            (lab_command("logs", f"service:{service}", "level:error"), "what it says"),
            (lab_command("traces", f"service:{service}", "duration:>500"), "its slow requests, over 500 ms"),
        ]
    return [("lab metrics", "every service and edge")]
