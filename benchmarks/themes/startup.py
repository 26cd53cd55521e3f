"""How long until customers shop, how soon a killed service is back, and what a whole lab holds in memory."""

import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.harness import Effort, Row, Theme, take_turns
from benchmarks.whole_lab import Lab

TITLE = "A whole lab: start, reset, crash, memory"
FORKED, PLAIN = "warmed processes, forked", "plain processes (LAB_NO_FORK=1)"
SETTLED_S = 6.0


def measure(effort: Effort) -> Theme:
    """Both ways of starting processes in turn; the median of the rounds."""
    theme = Theme(TITLE, [], ("how", "start", "reset", "gateway back", "memory without Locust", "with Locust"))
    cache = Path(tempfile.mkdtemp(prefix="bench-cache-")) / "cache"
    first = Lab(cache, forked=True)
    try:
        theme.raw["first_start_s"] = first.start()
        shutil.copytree(first.home / "cache", cache)
    finally:
        first.stop()

    def once(name: str) -> dict[str, float]:
        lab = Lab(cache, forked=name == FORKED)
        try:
            found = {"start_s": lab.start()}
            time.sleep(1.0 if effort.quick else SETTLED_S)
            found |= lab.memory_mb()
            theme.raw.setdefault("memory_mb", {})[name] = lab.holds
            found["reset_s"] = statistics.median(lab.reset() for _ in range(1 if effort.quick else 3))
            found["back_s"] = statistics.median(_later(lab.revive) for _ in range(1 if effort.quick else 3))
            return found
        finally:
            lab.stop()

    turns = take_turns([FORKED, PLAIN], effort.rounds, once)
    shutil.rmtree(cache.parent, ignore_errors=True)
    found = {
        name: {key: statistics.median(one[key] for one in many) for key in many[0]} for name, many in turns.items()
    }
    theme.raw["labs"] = found
    theme.table = [
        (
            name,
            f"{one['start_s']:.2f} s",
            f"{one['reset_s']:.2f} s",
            f"{one['back_s'] * 1000:.0f} ms",
            f"{one['without']:.0f} MB",
            f"{one['with Locust']:.0f} MB",
        )
        for name, one in found.items()
    ]
    theme.notes.append(f"The very first start of a home also builds the database: {theme.raw['first_start_s']:.1f} s")
    held = sorted(theme.raw["memory_mb"][FORKED].items(), key=lambda one: -one[1])
    shown = ", ".join(f"{name.rpartition(' ')[0]} {mb:.0f} MB" for name, mb in held)
    theme.notes.append(f"Who holds what, forked: {shown}")
    mine, plain = found[FORKED], found[PLAIN]
    for what, key, most, unit in (
        ("`lab start` to an open shop with customers", "start_s", 1.5, "s"),
        ("`lab reset` to an open shop", "reset_s", 0.4, "s"),
        ("a killed service back", "back_s", 0.1, "s"),
        ("memory of services, proxy and console (PSS)", "without", 120, "MB"),
        ("memory with Locust (PSS)", "with Locust", 200, "MB"),
    ):
        digits = 0 if unit == "MB" else 2
        theme.rows.append(
            Row(
                what,
                f"{mine[key]:.{digits}f} {unit}",
                f"plain processes {plain[key]:.{digits}f} {unit}",
                f"≤ {most:g} {unit}",
                mine[key] <= most,
            )
        )
    return theme


def _later(measured: Any) -> float:
    time.sleep(1.0)  # so that one crash is not the next one's cause
    return float(measured())
