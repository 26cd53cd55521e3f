"""Results as JSON and as the page `docs/explanation/benchmarks.md`."""

import json
import os
import platform
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil

from benchmarks.harness import CORES, Effort

ABOUT = "Every budget of the lab, measured beside other programs in the same minutes."
NOTICE = "<!-- Written by `make bench` from benchmarks/results.json. Do not change it by hand. -->"
INTRO = f"""{ABOUT}

What is measured has one core of its own; load and callees share the other one. Contenders take turns, and medians
count. *Requests/s on a core* is a million divided by the µs of processor time that a request took, so what else runs on
the machine does not matter much. A ratio compares with what ran in the same run; figures from different runs or
machines are not comparable. How to run it: `make bench`, or one theme: `make bench ARGS="edge_proxy"`. Other programs
are fetched once into `.bench/`; whatever cannot be had is said and left out.

A run on a busy machine says so in its last line, by its load average; do not read its milliseconds as the program's.
"""
MARKS = {True: "met", False: "**missed**", None: ""}


def read(path: Path | None) -> dict[str, Any]:
    """The results kept so far."""
    if path is None or not path.exists():
        return {}
    return dict(json.loads(path.read_text(encoding="utf-8")))


def circumstances(began_s: float, effort: Effort) -> dict[str, Any]:
    """When, where, and how disturbed."""
    return {
        "at": time.strftime("%Y-%m-%d", time.gmtime(began_s)),
        "seconds": round(time.time() - began_s),
        "machine": f"{len(CORES)} cores, {psutil.virtual_memory().total / 2**30:.0f} GiB, {platform.system()}",
        "python": platform.python_version(),
        "rounds": effort.rounds,
        "load_average": round(os.getloadavg()[0], 1),
    }


def section(theme: Mapping[str, Any]) -> str:
    """One theme."""
    parts = [f"## {theme['title']}"]
    rows = [(row["what"], row["measured"], row["beside"], row["budget"], MARKS[row["met"]]) for row in theme["rows"]]
    if rows:
        parts.append(_table(("what", "measured", "beside it", "budget", ""), rows))
    if theme["table"]:
        parts.append(_table(theme["head"], theme["table"]))
    if theme["notes"]:
        parts.append("\n".join(f"- {note}." for note in theme["notes"]))
    parts.append(
        f"*{theme['at']}, {theme['machine']}, Python {theme['python']}, {theme['rounds']} rounds; load average at the "
        f"end {theme['load_average']}.*"
    )
    return "\n\n".join(parts) + "\n"


def summary(kept: Mapping[str, Mapping[str, Any]]) -> str:
    """Every budget, and whether it is met."""
    judged = [row for name in sorted(kept) for row in kept[name]["rows"] if row["met"] is not None]
    met = sum(row["met"] for row in judged)
    rows = [(row["what"], row["measured"], row["budget"], MARKS[row["met"]]) for row in judged]
    table = _table(("what", "measured", "budget", ""), rows)
    return f"## Summary\n\n{met} of {len(judged)} budgets are met.\n\n{table}\n"


def whole(kept: Mapping[str, Mapping[str, Any]]) -> str:
    """The page."""
    sections = (section(kept[name]) for name in sorted(kept))
    return "\n".join([NOTICE, "", "# Benchmarks", "", INTRO, summary(kept), *sections])


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(head)} |", f"|{'|'.join(' --- ' for _ in head)}|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])
