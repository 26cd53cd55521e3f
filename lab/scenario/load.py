"""From a folder to a frozen scenario."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from lab.core.errors import did_you_mean
from lab.scenario import model
from lab.scenario.consistency import inconsistencies
from lab.scenario.files import UnfitFileError, read_text
from lab.scenario.model import ScenarioFile
from lab.scenario.parameters import drawn, filled
from lab.scenario.problem import InvalidScenario, Problem
from lab.scenario.tree import Tree, TreeError, read
from lab.scenario.updates import Updates, load_updates

TEXTS = ("brief", "debrief", "trainer")
FILES = "A scenario has scenario.yaml, brief.md, debrief.md, trainer.md."


@dataclass(frozen=True)
class Scenario:
    """A scenario folder as read; `file` is its first variant, others are drawn later, by seed."""

    id: str
    path: Path
    tree: Tree
    texts: Mapping[str, str]
    file: ScenarioFile

    @property
    def source(self) -> Path:
        """The scenario file."""
        return self.path / "scenario.yaml"

    @cached_property
    def updates(self) -> Updates | None:
        """Its sample status updates, read when asked for; InvalidScenario when they cannot be, None without any."""
        return load_updates(self.path, self.file)


def load(path: Path) -> Scenario:
    """Read a scenario folder; InvalidScenario lists every problem with file, line and column."""
    path = path.resolve()
    source = path / "scenario.yaml"
    try:
        tree = read(source)
        texts = {name: read_text(path / f"{name}.md") for name in TEXTS}
    except TreeError as error:
        raise InvalidScenario([Problem(source, error.line, error.column, error.what)]) from None
    except FileNotFoundError as error:
        raise InvalidScenario([Problem(Path(error.filename), 1, 1, "this file is missing", FILES)]) from None
    except UnfitFileError as error:
        raise InvalidScenario([Problem(Path(error.filename), 1, 1, str(error.strerror), FILES)]) from None
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidScenario([Problem(source, 1, 1, f"the folder cannot be read: {error}")]) from None
    return Scenario(path.name, path, tree, texts, validated(source, tree, drawn(source, tree, 0)))


def validated(source: Path, tree: Tree, values: Mapping[str, Any]) -> ScenarioFile:
    """The file with these values filled in; InvalidScenario lists every problem."""
    try:
        file = ScenarioFile.model_validate(filled(source, tree, values))
    except ValidationError as error:
        # what is misspelt explains what is missing, so it comes first
        found = sorted(error.errors(), key=lambda one: one["type"] == "missing")
        raise InvalidScenario([_problem(source, tree, one) for one in found]) from None
    problems = [Problem(source, *tree.place(path), what, hint) for path, what, hint in inconsistencies(file)]
    if problems:
        raise InvalidScenario(problems)
    return file


def _problem(source: Path, tree: Tree, found: Any) -> Problem:
    line, column = tree.place(found["loc"])
    name = str(found["loc"][-1]) if found["loc"] else "scenario"
    if found["type"] == "extra_forbidden":
        known = _known_names(found["loc"])
        hint = f"{did_you_mean(name, known)}Remove it or correct its spelling."
        return Problem(source, line, column, f"{name!r} is not a field here", hint)
    if found["type"] == "missing":
        return Problem(source, line, column, f"the field {name!r} is missing", f"Add `{name}:` here.")
    return Problem(source, line, column, f"{name}: {found['msg'].removeprefix('Value error, ')}")


def _known_names(loc: tuple[Any, ...]) -> list[str]:
    if len(loc) == 1:
        return list(ScenarioFile.model_fields)
    parts = [part for part in vars(model).values() if isinstance(part, type) and issubclass(part, model.Part)]
    return sorted({field.alias or name for part in parts for name, field in part.model_fields.items()})
