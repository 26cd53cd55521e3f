"""Windows that are too short to show anything, and bounds that are too small to be told from noise."""

from collections.abc import Iterator

from lab.probes.latency import Latency
from lab.scenario.lint.reading import Finding, Reading

LEAST_LATENCY_MS = 300.0
LEAST_IN_LOAD = 200
LEAST_IN_BASELINE = 40
DROPPED_S = 1.0


def findings(reading: Reading) -> Iterator[Finding]:
    """Estimates by the customers' pace; a slow shop answers fewer, which only a proof can tell."""
    file = reading.file
    for number, probe in enumerate(file.slo):
        if isinstance(probe, Latency) and probe.below is not None and probe.below < LEAST_LATENCY_MS:
            yield Finding(
                ("slo", number),
                f"a promise of {probe.say(probe.below)} depends on the machine it is measured on",
                f"Promise {LEAST_LATENCY_MS:.0f} ms or more.",
            )
    if not file.slo:
        return
    for name in ("learn", "prove"):
        windows = getattr(file.windows, name)
        expected = file.traffic.users * file.traffic.pace * windows.baseline
        if expected < LEAST_IN_BASELINE:
            yield _too_few(("windows", name, "baseline"), "baseline", expected, LEAST_IN_BASELINE)
        if file.load is not None:
            stages = windows.stages(file.load)
            expected = sum(one.users * file.traffic.pace * one.for_s for one in stages)
            expected -= stages[0].users * file.traffic.pace * DROPPED_S
            if expected < LEAST_IN_LOAD:
                yield _too_few(("windows", name, "load"), "load test", expected, LEAST_IN_LOAD)


def _too_few(at: tuple[str, ...], noun: str, expected: float, least: int) -> Finding:
    return Finding(
        at,
        f"the {noun} has about {expected:.0f} requests, and {least} are the least that tell something",
        "More customers, or a longer window.",
    )
