"""How far from its bound a figure must lie, so that a proof does not hang on chance.

A promise that is kept, and a symptom that shows, must clear its bound twice (times) or three times (errors); one that
is broken must miss it by as much. Shares and percentiles need enough requests to mean something.
"""

import math
from dataclasses import dataclass

from lab.probes import Probe
from lab.proof.result import Row

LEAST_REQUESTS = 200
"""In a load test that is passed: fewer requests can miss an error in a hundred."""
FEW_REQUESTS = 40
"""In a healthy window and in a load test that fails: enough to tell nothing from a lot."""
FEWEST_REQUESTS = 20
"""While symptoms show: a slow shop answers few; below twenty there is no 95th percentile."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A probe's value in one window."""

    probe: Probe
    value: float


def inside(one: Measured) -> Row:
    """A bound that must hold, with room: a promise kept, a symptom shown."""
    probe, value = one.probe, one.value
    clears, needs = probe.clearance(value), probe.margin
    ok = probe.holds(value) and clears >= needs
    instead = ""
    if math.isnan(value):
        instead = "Nothing was measured: no such request, or a name that does not exist."
    elif not probe.holds(value):
        instead = f"It was {probe.say(value)}, and must be {probe.say_bound()}."
    elif not ok:
        instead = "It holds, but another time it might not: move the bound, or change what leads to the figure."
    return Row(probe.describe(), probe.say(value), probe.say_bound(), ok, instead, _number(clears), needs)


def outside(one: Measured) -> Row:
    """A bound that must not hold, with room: a symptom before the fault, a promise that must break."""
    probe, value = one.probe, one.value
    clears, needs = probe.clearance(value), probe.margin
    misses = math.inf if math.isnan(value) or clears == 0 else 1 / clears
    ok = not probe.holds(value) and misses >= needs
    instead = ""
    if probe.holds(value):
        instead = f"It was {probe.say(value)}, which is {probe.say_bound()}."
    elif not ok:
        instead = f"It was {probe.say(value)}, too close to {probe.say_bound()} to be told from it for sure."
    return Row(probe.describe(), probe.say(value), f"not {probe.say_bound()}", ok, instead, _number(misses), needs)


def requests(count: int, least: int) -> Row:
    """Enough requests for shares and percentiles to mean something."""
    instead = f"Only {count} requests: more customers, or a longer window in `windows: {{prove: …}}`."
    return Row("requests in the window", str(count), f"{least} or more", count >= least, instead, key=False)


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value
