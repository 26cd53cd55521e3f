"""What is wrong in a scenario folder, each with its place."""

from dataclasses import dataclass
from pathlib import Path

from lab.core.errors import ScenarioError


@dataclass(frozen=True)
class Problem:
    """One thing wrong in a scenario folder, with its place; `hint` says what to do."""

    path: Path
    line: int
    column: int
    what: str
    hint: str = ""
    advice: bool = False
    """Worth knowing, and no mistake."""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}: {self.what}"


class InvalidScenario(ScenarioError):
    """A folder with one or more problems."""

    def __init__(self, problems: list[Problem]) -> None:
        first = problems[0]
        more = f" ({len(problems) - 1} more problem{'s' if len(problems) > 2 else ''})" if len(problems) > 1 else ""
        hint = first.hint or "Mend the place named above and start again."
        super().__init__(f"{first}{more}", hint)
        self.problems = problems
