"""What a page draws, as text: the spread of durations, orders and log records, step by step."""

from itertools import pairwise
from typing import Any

from lab.cli.command import Lab
from lab.cli.invocation import command as lab_command
from lab.cli.layout import Column, sparkline
from lab.core import words

CELLS = 30
SHADES = " ░▒▓█"


def heatmap(lab: Lab, found: dict[str, Any]) -> None:
    """How long requests took: a row a range of durations, the slowest on top, earlier on the left."""
    terminal, counts = lab.terminal, found["counts"]
    scope = found["scope"]
    whose = " ".join(str(scope[key]) for key in ("service", "edge", "route") if scope.get(key))
    terminal.say(f"**{whose}**, {words.span(found['window'])}")
    terminal.say()
    columns = _thinned(counts)
    most = max((count for column in columns for count in column), default=0)
    rows = []
    for place, title in reversed(list(enumerate(ranges(found["bounds_ms"])))):
        total = sum(column[place] for column in counts)
        bar = "".join(_shade(column[place], most) for column in columns)
        if total:
            rows.append([title, bar, words.count(total), words.share(total / max(1, sum(map(sum, counts))))])
    if not rows:
        terminal.say("Nothing was called in this window.", "", "  ")
        return
    terminal.table(
        [Column("took"), Column("earlier → now"), Column("requests", right=True), Column("share", right=True)], rows
    )
    terminal.steps([(lab_command("traces", *_slow(scope)), "some of the slow ones, step by step")])


def _slow(scope: dict[str, Any]) -> list[str]:
    whose = f"service:{scope['edge'].partition('->')[0]}" if scope.get("edge") else f"service:{scope['service']}"
    return [whose, "duration:>500"]


def ranges(bounds_ms: list[int]) -> list[str]:
    """The ranges between the bounds in words: `below 1 ms`, `1 ms to 2 ms`, … `5.00 s and more`."""
    first, last = f"below {words.ms(float(bounds_ms[0]))}", f"{words.ms(float(bounds_ms[-1]))} and more"
    between = [f"{words.ms(float(low))} to {words.ms(float(high))}" for low, high in pairwise(bounds_ms)]
    return [first, *between, last]


def _thinned(counts: list[list[int]]) -> list[list[int]]:
    """At most CELLS columns: neighbours are added up."""
    per = -(-len(counts) // CELLS) or 1
    groups = [counts[at : at + per] for at in range(0, len(counts), per)]
    return [[sum(values) for values in zip(*group, strict=True)] for group in groups]


def _shade(count: int, most: int) -> str:
    return SHADES[0] if not count else SHADES[1 + min(3, int(count / most * 4 - 1e-9))]


def orders(lab: Lab, found: dict[str, Any]) -> None:
    """Orders tried, paid and lost, a row a step."""
    terminal = lab.terminal
    terminal.say(f"Orders, {words.span(found['window'])}, a step is {words.duration(found['step_s'])}.")
    terminal.say()
    terminal.table(
        [Column("time"), *(Column(title, right=True) for title in ("attempts", "paid", "lost"))],
        [
            [words.clock(one["time_s"]), *(words.count(one[name]) for name in ("attempts", "paid", "lost"))]
            for one in found["steps"]
        ],
    )
    terminal.steps([("lab metrics", "everything else of the last half minute")])


def histogram(lab: Lab, query: str, found: dict[str, Any]) -> None:
    """How many log records fit, step by step."""
    terminal, values = lab.terminal, [value for _, value in found["points"]]
    if terminal.json_mode:
        terminal.data(found)
        return
    total = sum(values)
    step = words.duration(found["step_s"])
    terminal.say(f"{words.plural(total, 'record')}, {words.span(found['window'])}, a step is {step}.")
    again = query.split() if "'" not in query and '"' not in query else [query]
    if not total:
        terminal.steps([("lab logs --help", "how a search is written")])
        return
    terminal.say(sparkline([float(value) for value in values], 60), "", "  ")
    most = max(range(len(values)), key=values.__getitem__)
    at = found["points"][most][0]
    terminal.say(f"most at {words.clock(at)}: {words.count(values[most])}", "", "  ")
    until = f"{at + found['step_s']:.3f}"
    terminal.steps(
        [(lab_command("logs", *again, "--since", f"{at:.3f}", "--until", until), "the records of that step")]
    )
