"""Variants: from a seed to what one learner gets."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from string import Template
from typing import Any

from lab.scenario.load import Scenario, validated
from lab.scenario.model import ScenarioFile
from lab.scenario.parameters import combinations, drawn

MOST = 64


@dataclass(frozen=True)
class Variant:
    """One seeded draw of a scenario."""

    scenario: Scenario
    seed: int
    values: Mapping[str, Any]
    file: ScenarioFile

    def text(self, name: str, **more: Any) -> str:
        """`brief`, `debrief`, `trainer` or `pager` with this variant's values filled in."""
        text = (self.file.pager or "") if name == "pager" else self.scenario.texts[name]
        return Template(text).safe_substitute({**self.values, **more})


def draw(scenario: Scenario, seed: int) -> Variant:
    """The variant that belongs to a seed; the same seed always gives the same one."""
    values = drawn(scenario.source, scenario.tree, seed)
    return Variant(scenario, seed, values, validated(scenario.source, scenario.tree, values))


def every(scenario: Scenario) -> Iterator[Variant]:
    """All different variants, 64 at most; InvalidScenario when the values of one do not fit."""
    for seed in range(min(MOST, combinations(scenario.tree))):
        yield draw(scenario, seed)
