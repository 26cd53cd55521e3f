"""Variants: from a seed to what one learner gets."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from string import Template
from typing import Any, get_args

from lab.core.errors import UsageError
from lab.scenario.load import Scenario, validated
from lab.scenario.model import Level, ScenarioFile
from lab.scenario.parameters import combinations, drawn

MOST = 64
MOST_SEED = 10_000
DIFFICULTY = "difficulty"
"""The parameter by which a start can ask for an easier draw; nothing else needs to use it."""


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


def levels_of(scenario: Scenario) -> list[str]:
    """The levels among which a start can choose, easiest first; none where all draws are alike."""
    found = {level for level, _ in _difficulties(scenario)}
    return [level for level in get_args(Level) if level in found]


def draw_by_chance(scenario: Scenario, level: str | None = None) -> Variant:
    """A variant of any seed; with a level, one no more difficult. UsageError where there is none."""
    chance = random.SystemRandom()
    if level is None:
        return draw(scenario, chance.randrange(1, MOST_SEED))
    known = levels_of(scenario)
    easy_enough = known[: known.index(level) + 1] if level in known else []
    fitting = [seed for one, seed in _difficulties(scenario) if one in easy_enough]
    if not fitting:
        raise UsageError(
            f"{scenario.id} cannot be drawn by the level {level!r}.",
            f"Choose one of {', '.join(known)}." if known else "All its draws are of one level: leave the level out.",
        )
    count = combinations(scenario.tree)
    return draw(scenario, chance.choice(fitting) + count * chance.randrange(max(1, MOST_SEED // count)))


def _difficulties(scenario: Scenario) -> Iterator[tuple[str, int]]:
    """The difficulty of each draw that states one, and a seed of it."""
    for seed in range(combinations(scenario.tree)):
        values = drawn(scenario.source, scenario.tree, seed)
        if DIFFICULTY in values:
            yield str(values[DIFFICULTY]), seed


def every(scenario: Scenario) -> Iterator[Variant]:
    """All different variants, 64 at most; InvalidScenario when the values of one do not fit."""
    for seed in range(min(MOST, combinations(scenario.tree))):
        yield draw(scenario, seed)
