"""The shop is healthy: before anything happens, all along in a control, and once everything was taken back."""

from collections.abc import Sequence
from dataclasses import dataclass

from lab.core.window import Window
from lab.probes import Probe
from lab.proof.look import ConsoleLook
from lab.proof.margins import FEW_REQUESTS, Measured, inside, outside, requests
from lab.proof.result import Row


@dataclass(frozen=True)
class Seen:
    """Promises and symptoms over one window, and how many requests it holds."""

    promises: tuple[Measured, ...]
    symptoms: tuple[Measured, ...]
    requests: int


def observe(look: ConsoleLook, slo: Sequence[Probe], symptoms: Sequence[Probe], window: Window) -> Seen:
    """Read every promise and symptom over the window."""

    def read(probes: Sequence[Probe]) -> tuple[Measured, ...]:
        return tuple(Measured(probe, look.measure(probe, window)) for probe in probes)

    return Seen(read(slo), read(symptoms), look.requests(window))


def judge(seen: Seen) -> list[Row]:
    """Every promise kept, with room."""
    return [*(inside(one) for one in seen.promises), requests(seen.requests, FEW_REQUESTS)]


def judge_quiet(seen: Seen) -> list[Row]:
    """No symptom holds, nor nearly."""
    return [outside(one) for one in seen.symptoms]
