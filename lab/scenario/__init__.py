"""Scenarios: finding them, reading them with exact error places, and drawing a seeded variant."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lab.scenario.catalog import find, listed, shipped_dir
    from lab.scenario.load import Scenario
    from lab.scenario.model import ScenarioFile
    from lab.scenario.problem import InvalidScenario, Problem
    from lab.scenario.variants import Variant, draw, draw_by_chance, every

__all__ = [
    "InvalidScenario",
    "Problem",
    "Scenario",
    "ScenarioFile",
    "Variant",
    "draw",
    "draw_by_chance",
    "every",
    "find",
    "listed",
    "shipped_dir",
]
_HOMES = {
    "catalog": ("find", "listed", "shipped_dir"),
    "load": ("Scenario",),
    "model": ("ScenarioFile",),
    "problem": ("InvalidScenario", "Problem"),
    "variants": ("Variant", "draw", "draw_by_chance", "every"),
}


def __getattr__(name: str) -> Any:
    """Loaded when asked for: who only lists scenarios needs no model of what is in them, which takes half a second."""
    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"lab.scenario.{module}"), name)
    raise AttributeError(name)
