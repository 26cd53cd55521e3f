"""How many learners one machine carries: labs that are up, by memory; labs in their incident, by processor time."""

import os
import shutil
import statistics
import tempfile
import time
import urllib.parse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import psutil

from benchmarks.harness import CORES, Effort, Row, Theme, cpu_s, pss_mb, ratio
from benchmarks.whole_lab import OPEN, Lab

TITLE = "Many learners on one machine"
CORES_USED, MEMORY_GIB, KEPT_GIB = 2, 24, 1
"""The machine of the budget. What is kept is for the system itself and its cache of files."""
UP, ACTIVE = 120, 30
COUNTS = (1, 2, 4, 6, 8)
FEWEST = 3
"""Counts that are always tried, since what one more lab needs is read from their differences."""
SETTLED_S = 10.0
"""Until the campaign's customers have all come."""
SLOWER = 2.0
"""How much slower than in a lone lab the shop may be for learners beside each other."""
FULL = 0.95
"""No more labs are tried when those that run took this share of the cores."""
HEALTHY = "GET /api/v1/products"
"""The customers' route that this incident leaves alone."""
Use = Mapping[str, float]


@dataclass(frozen=True)
class Seen:
    """What some labs needed at the same time, all of them in their incident."""

    labs: int
    memory_mb: float
    cores: float
    p95_ms: float
    busy: float
    """Share of the cores that was in use, by whomever."""
    by_process: Use
    """Cores that one lab's processes of a name took, the labs' mean."""
    held_mb: Use


def measure(effort: Effort) -> Theme:
    """Labs started one after the other on two cores, until these are used up."""
    allowed = os.sched_getaffinity(0)
    folder = Path(tempfile.mkdtemp(prefix="bench-cache-"))
    labs: list[Lab] = []
    seen: list[Seen] = []
    os.sched_setaffinity(0, CORES[:CORES_USED])  # what is started inherits it
    refused = ""
    try:
        for count in COUNTS[:1] if effort.quick else COUNTS:
            try:
                _have(count, labs, folder / "cache", OPEN if effort.quick else OPEN[-1:])
            except RuntimeError as error:
                if not seen:
                    raise
                refused = f"Of {len(labs)} labs one did not come to its incident: {error}"
                break
            time.sleep(0.0 if effort.quick else SETTLED_S)
            seen.append(_look(labs, 2.0 if effort.quick else 5.0 * effort.rounds))
            if len(seen) >= FEWEST and (_full(seen[-1]) or seen[-1].p95_ms > SLOWER * seen[0].p95_ms):
                break
    finally:
        os.sched_setaffinity(0, allowed)
        for lab in labs:
            lab.stop()
        shutil.rmtree(folder, ignore_errors=True)
    theme = _theme(seen)
    if refused:
        theme.notes.append(refused)
    return theme


def of_one_more(labs: Sequence[int], needed: Sequence[float]) -> float:
    """What one more lab adds: the slope of the straight line through what some labs needed; a lone lab's own need."""
    if len(labs) == 1:
        return needed[0] / labs[0]
    return statistics.linear_regression(labs, needed).slope


def fit_by_memory(first_mb: float, more_mb: float) -> int:
    """Labs that the memory holds when the first needs this and each further one that."""
    left_mb = (MEMORY_GIB - KEPT_GIB) * 1024 - first_mb
    return 1 + int(left_mb / more_mb) if left_mb >= 0 else 0


def fit_by_cores(more_cores: float) -> int:
    """Labs whose incident the cores carry when each takes this much of one."""
    return int(CORES_USED / more_cores)


def still_quick(labs: Sequence[int], p95_ms: Sequence[float]) -> int | None:
    """Labs beside which the shop is at most `SLOWER` times as slow as alone; None when that was never exceeded.

    Between two counts that were tried, a straight line.
    """
    most_ms = SLOWER * p95_ms[0]
    for (fewer, before_ms), (more, after_ms) in pairwise(zip(labs, p95_ms, strict=True)):
        if after_ms > most_ms:
            return int(fewer + (more - fewer) * (most_ms - before_ms) / (after_ms - before_ms))
    return None


def _have(count: int, labs: list[Lab], cache: Path, states: Sequence[str]) -> None:
    """As many labs, each of them in one of the states; RuntimeError when one does not come to that."""
    while len(labs) < count:
        labs.append(Lab(cache))
        labs[-1].start("--windows", "prove")
        if not cache.exists():
            shutil.copytree(labs[0].home / "cache", cache)
    for lab in labs:
        lab.until(*states)


def _others(seen: Seen) -> float:
    return max(0.0, seen.busy - seen.cores / CORES_USED)


def _full(seen: Seen) -> bool:
    return seen.cores > FULL * CORES_USED


def _look(labs: Sequence[Lab], window_s: float) -> Seen:
    names = [lab.processes() for lab in labs]
    everyone = {pid: name for one in names for pid, name in one.items()}
    before, began_s = {pid: cpu_s(pid) for pid in everyone}, time.monotonic()
    psutil.cpu_percent(percpu=True)
    time.sleep(window_s)
    shares = psutil.cpu_percent(percpu=True)
    passed_s = time.monotonic() - began_s
    used = {pid: (cpu_s(pid) - before[pid]) / passed_s for pid in everyone}
    p95s = [_p95_ms(lab, window_s) for lab in labs]
    memory = {pid: pss_mb([pid]) for pid in everyone}
    mine = [shares[core] for core in CORES[:CORES_USED]]
    return Seen(
        len(labs),
        sum(memory.values()),
        sum(used.values()),
        statistics.median(p95s),
        sum(mine) / len(mine) / 100,
        _of_a_lab(used, everyone, len(labs)),
        _of_a_lab(memory, everyone, len(labs)),
    )


def _of_a_lab(of: Mapping[int, float], names: Mapping[int, str], labs: int) -> dict[str, float]:
    found: dict[str, float] = {}
    for pid, name in names.items():
        found[name] = found.get(name, 0.0) + of[pid] / labs
    return found


def _p95_ms(lab: Lab, window_s: float) -> float:
    """As the lab's own metrics say."""
    asked = urllib.parse.urlencode({"service": "gateway", "route": HEALTHY, "since": f"-{window_s:.0f}s"})
    return float(lab.call("GET", f"/api/metrics?{asked}")["red"]["p95_ms"])


def _theme(seen: Sequence[Seen]) -> Theme:
    counts = [one.labs for one in seen]
    more_mb = of_one_more(counts, [one.memory_mb for one in seen])
    more_cores = seen[0].cores  # of a lone lab: together, at the cores' end, each gets less than it wants
    up = fit_by_memory(seen[0].memory_mb, more_mb)
    quick = still_quick(counts, [one.p95_ms for one in seen])
    by_cores = fit_by_cores(more_cores)
    active = by_cores if quick is None else min(by_cores, quick)
    theme = Theme(TITLE, [], ("labs in their incident", "memory", "of one more", "cores", "of each", "p95", "busy"))
    theme.raw["seen"] = [vars(one) for one in seen]
    for at, one in enumerate(seen):
        further = "" if at == 0 else f"{(one.memory_mb - seen[at - 1].memory_mb) / (one.labs - counts[at - 1]):.0f} MB"
        theme.table.append(
            (
                str(one.labs),
                f"{one.memory_mb:.0f} MB",
                further,
                f"{one.cores:.2f}",
                f"{one.cores / one.labs:.3f}",
                f"{one.p95_ms:.0f} ms",
                f"{one.busy:.0%}",
            )
        )
    theme.rows = [
        Row(
            f"labs up on a machine of {MEMORY_GIB} GiB, by memory",
            str(up),
            f"{seen[0].memory_mb:.0f} MB the first, {more_mb:.0f} MB each further one; {KEPT_GIB} GiB kept free",
            f"≥ {UP}",
            up >= UP,
        ),
        Row(
            f"labs in their incident on {CORES_USED} cores",
            str(active),
            f"{more_cores:.2f} of a core each: {by_cores} by processor time; "
            + ("p95 never twice a lone lab's" if quick is None else f"{quick} before p95 is twice a lone lab's"),
            f"≥ {ACTIVE}",
            active >= ACTIVE,
        ),
    ]
    lone, last = seen[0], seen[-1]
    shown = sorted(lone.by_process.items(), key=lambda one: -one[1])
    theme.notes = [
        f"p95 is that of `{HEALTHY}`, which this incident leaves alone, as the labs' own metrics say; the labs' median",
        "Where a lone lab's processor time goes: " + ", ".join(f"{name} {100 * share:.1f} %" for name, share in shown),
        f"Where its memory is: {', '.join(f'{name} {lone.held_mb[name]:.0f} MB' for name, _ in shown)}",
        f"Beside {last.labs - 1} others p95 is {ratio(last.p95_ms, lone.p95_ms)} that of a lone lab",
        f"Other programs took {_others(lone):.0%} of the cores beside the lone lab; if that is much, its p95 is theirs",
        "Nobody has a page of the console open here, and the labs are young: their telemetry still grows",
        "A lab that was stopped needs nothing",
    ]
    return theme
