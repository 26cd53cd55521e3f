"""Scenarios: finding them, reading them with exact error places, and drawing a seeded variant."""

from lab.scenario.catalog import find, listed, shipped_dir
from lab.scenario.load import Scenario, load
from lab.scenario.model import ScenarioFile
from lab.scenario.problem import InvalidScenario, Problem
from lab.scenario.variants import Variant, draw, every

__all__ = [
    "InvalidScenario",
    "Problem",
    "Scenario",
    "ScenarioFile",
    "Variant",
    "draw",
    "every",
    "find",
    "listed",
    "load",
    "shipped_dir",
]
