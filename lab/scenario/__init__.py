"""Scenarios: finding them, reading them with exact error places, and drawing a seeded variant."""

from lab.scenario.catalog import find, listed, shipped_dir
from lab.scenario.load import Problem, Scenario, Variant, draw, load
from lab.scenario.model import ScenarioFile

__all__ = ["Problem", "Scenario", "ScenarioFile", "Variant", "draw", "find", "listed", "load", "shipped_dir"]
