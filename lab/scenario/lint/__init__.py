"""What can be found wrong in a scenario without running anything.

One file a sort of mistake; each is a function from a `Reading` to findings. What is an error stops a proof; what is
advice only is told.
"""

from collections.abc import Callable, Iterator

from lab.scenario.lint import head, ladder, leaks, names, options, parameters, steps, texts, windows
from lab.scenario.lint.reading import Finding, Reading, ServiceFacts, SettingFacts, World
from lab.scenario.load import Scenario
from lab.scenario.problem import Problem

RULES: tuple[Callable[[Reading], Iterator[Finding]], ...] = (
    head.findings,
    names.findings,
    parameters.findings,
    ladder.findings,
    options.findings,
    steps.findings,
    leaks.findings,
    texts.findings,
    windows.findings,
)


def lint(scenario: Scenario, world: World) -> list[Problem]:
    """Every mistake and piece of advice, in the order of the files."""
    reading = Reading(scenario, world)
    found = [reading.problem(finding) for rule in RULES for finding in rule(reading)]
    return sorted(
        dict.fromkeys(found), key=lambda one: (one.path.name != "scenario.yaml", one.path.name, one.line, one.column)
    )


__all__ = ["Finding", "Reading", "ServiceFacts", "SettingFacts", "World", "lint"]
