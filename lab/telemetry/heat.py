"""How durations are spread over time: for each step, how many requests took how long. What a percentile leaves out."""

from bisect import bisect_right
from collections.abc import Sequence

from lab.core.window import Window
from lab.telemetry.blocks import Block
from lab.telemetry.model import Heatmap, Scope
from lab.telemetry.store import Store
from lab.telemetry.times import steps

BOUNDS_MS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)


def heatmap(store: Store, scope: Scope, window: Window, step_s: float) -> Heatmap:
    """Counts of a scope's requests by step and duration; a request at a bound counts above it."""
    bounds_us = [bound * 1000 for bound in BOUNDS_MS]
    loaded: dict[tuple[int, int], Block] = {}
    times, counts = [], []
    for start_ms, end_ms in steps(window, step_s):
        with store.lock:
            parts = [
                part.ordered
                for series in store.series.select(scope)
                for part in store.series.parts(series, start_ms, end_ms, loaded)
            ]
        times.append(start_ms / 1000)
        counts.append(_counted(parts, bounds_us))
    return Heatmap(step_s, BOUNDS_MS, tuple(times), tuple(counts))


def _counted(parts: list[Sequence[int]], bounds_us: list[int]) -> tuple[int, ...]:
    """How many values lie in each of the ranges between the bounds, the ones below and above included."""
    total = [0] * (len(bounds_us) + 1)
    for ordered in parts:
        before = 0
        for place, bound in enumerate(bounds_us):
            below = bisect_right(ordered, bound - 1)
            total[place] += below - before
            before = below
        total[-1] += len(ordered) - before
    return tuple(total)
