"""`lab scenario check`: everything that can be found wrong without running anything."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.proof.world import world
from lab.scenario import InvalidScenario, Problem, Scenario
from lab.scenario.lint import Reading, lint
from lab.scenario.lint.texts import reading_minutes, words_to_read
from lab.scenario.load import load


@dataclass(frozen=True)
class Checked:
    """What a check found; `advice` is no problem. `scenario` is None when it cannot be read at all."""

    path: Path
    scenario: Scenario | None
    problems: Sequence[Problem]
    advice: Sequence[Problem]
    words: int = 0
    reading_minutes: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether there is no problem."""
        return not self.problems

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "scenario": self.path.name,
            "path": str(self.path),
            "ok": self.ok,
            "words": self.words,
            "reading_minutes": round(self.reading_minutes, 1),
            "problems": [_plain(one) for one in self.problems],
            "advice": [_plain(one) for one in self.advice],
        }


def _plain(problem: Problem) -> dict[str, Any]:
    return {
        "file": str(problem.path),
        "line": problem.line,
        "column": problem.column,
        "what": problem.what,
        "hint": problem.hint,
    }


def check(path: Path, cache_dir: Path, commands: frozenset[str] = frozenset()) -> Checked:
    """Check one folder. EnvironmentLacks when the services' routes cannot be found out."""
    try:
        scenario = load(path)
        scenario.updates  # noqa: B018  # reads updates.yaml, which raises when it is malformed
    except InvalidScenario as error:
        return Checked(path.resolve(), None, error.problems, ())
    there = world(cache_dir, commands)
    found = lint(scenario, there)
    reading = Reading(scenario, there)
    return Checked(
        scenario.path,
        scenario,
        [one for one in found if not one.advice],
        [one for one in found if one.advice],
        words_to_read(reading),
        reading_minutes(reading),
    )
