"""A lesson's named numbers, measured in a run."""

import math
from collections.abc import Mapping

from lab.core.window import Window
from lab.questions import Fact
from lab.scenario.model import ScenarioFile
from lab.telemetry import Telemetry


def measured(file: ScenarioFile, telemetry: Telemetry, windows: Mapping[str, Window]) -> dict[str, Fact]:
    """Every fact that has a value by now."""
    found = {}
    for name, fact in file.facts.items():
        if fact.window in windows:
            value = fact.probe.measure(telemetry, windows[fact.window])
            if not math.isnan(value):
                found[name] = Fact(says=fact.says, value=value, say=fact.probe.say(value), kind=fact.probe.kind())
    return found
