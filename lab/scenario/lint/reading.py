"""What a lint rule looks at: the scenario, its places, and the world it speaks of."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from lab.scenario.load import Scenario
from lab.scenario.model import ScenarioFile
from lab.scenario.parameters import drawn, filled
from lab.scenario.problem import Problem

Keys = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class SettingFacts:
    """A setting as its service declares it."""

    type: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ServiceFacts:
    """A service as the lab knows it: its settings, and its routes as `POST /orders`."""

    settings: Mapping[str, SettingFacts]
    routes: frozenset[str]
    third_party: bool = False
    database: bool = False


@dataclass(frozen=True, slots=True)
class World:
    """What a scenario may name: services, edges (with rules: those through the proxy), commands."""

    services: Mapping[str, ServiceFacts]
    edges: frozenset[str]
    commands: frozenset[str] = frozenset()

    @property
    def measured(self) -> frozenset[str]:
        """Every edge that can be measured: through the proxy, or from a service to its database."""
        return self.edges | {f"{name}->database" for name, one in self.services.items() if one.database}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something found: at a path of keys in scenario.yaml, or at a line of one of the texts."""

    where: Keys | tuple[str, int, int]
    what: str
    hint: str = ""
    advice: bool = False
    in_text: bool = False


@dataclass(frozen=True)
class Reading:
    """One scenario being read."""

    scenario: Scenario
    world: World

    @property
    def file(self) -> ScenarioFile:
        """Its first variant."""
        return self.scenario.file

    @cached_property
    def tree(self) -> Any:
        """The values as written, parameters filled in."""
        scenario = self.scenario
        return filled(scenario.source, scenario.tree, drawn(scenario.source, scenario.tree, 0))

    def mappings(self, at: Keys = (), leave_out: frozenset[str] = frozenset()) -> Iterator[tuple[Keys, dict[str, Any]]]:
        """Every mapping below a path, with its own path."""
        value = self.tree
        for key in at:
            value = value[key]
        yield from _mappings(value, at, leave_out)

    def problem(self, finding: Finding) -> Problem:
        """The finding at its place in a file."""
        if finding.in_text:
            name, line, column = finding.where
            return Problem(
                self.scenario.path / str(name), int(line), int(column), finding.what, finding.hint, finding.advice
            )
        place = self.scenario.tree.place(finding.where)
        return Problem(self.scenario.source, *place, finding.what, finding.hint, finding.advice)


def _mappings(value: Any, path: Keys, leave_out: frozenset[str]) -> Iterator[tuple[Keys, dict[str, Any]]]:
    if isinstance(value, dict):
        yield path, value
        for key, inner in value.items():
            if path or key not in leave_out:
                yield from _mappings(inner, (*path, key), leave_out)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _mappings(inner, (*path, number), leave_out)
