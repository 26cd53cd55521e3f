"""From a folder to a frozen scenario, and from a seed to the variant one learner gets."""

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

from pydantic import ValidationError

from lab.core.errors import ScenarioError, did_you_mean
from lab.scenario import model
from lab.scenario.model import ScenarioFile
from lab.scenario.tree import Tree, TreeError, read

_WHOLE = re.compile(r"^\$\{(\w+)\}$")
TEXTS = ("brief", "debrief", "trainer")


@dataclass(frozen=True)
class Problem:
    """One thing wrong in a scenario folder, with its place."""

    path: Path
    line: int
    column: int
    what: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}: {self.what}"


@dataclass(frozen=True)
class Scenario:
    """A scenario folder as read; `parameters` are drawn later, by seed."""

    id: str
    path: Path
    tree: Tree
    texts: Mapping[str, str]
    file: ScenarioFile

    @property
    def source(self) -> Path:
        """The scenario file."""
        return self.path / "scenario.yaml"


@dataclass(frozen=True)
class Variant:
    """One seeded draw of a scenario."""

    scenario: Scenario
    seed: int
    values: Mapping[str, Any]
    file: ScenarioFile

    def text(self, name: str, **more: Any) -> str:
        """`brief`, `debrief`, `trainer` or `pager` with this variant's values filled in."""
        text = self.file.pager if name == "pager" else self.scenario.texts[name]
        return Template(text).safe_substitute({**self.values, **more})


class InvalidScenario(ScenarioError):
    """A folder with one or more problems."""

    def __init__(self, problems: list[Problem]) -> None:
        first = problems[0]
        more = f" ({len(problems) - 1} more problem{'s' if len(problems) > 2 else ''})" if len(problems) > 1 else ""
        hint = first.hint or "Mend the place named above and start again."
        super().__init__(f"{first}{more}", hint)
        self.problems = problems


def load(path: Path) -> Scenario:
    """Read a scenario folder; InvalidScenario lists every problem with file, line and column."""
    path = path.resolve()
    source = path / "scenario.yaml"
    try:
        tree = read(source)
        texts = {name: _text(path / f"{name}.md") for name in TEXTS}
    except TreeError as error:
        raise InvalidScenario([Problem(source, error.line, error.column, error.what)]) from None
    except FileNotFoundError as error:
        missing = Path(error.filename)
        raise InvalidScenario(
            [
                Problem(
                    missing,
                    1,
                    1,
                    "this file is missing",
                    "A scenario has scenario.yaml, brief.md, debrief.md, trainer.md.",
                )
            ]
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidScenario([Problem(source, 1, 1, f"the folder cannot be read: {error}")]) from None
    file = _validated(source, tree, _draw_values(source, tree, 0))
    return Scenario(path.name, path, tree, texts, file)


def draw(scenario: Scenario, seed: int) -> Variant:
    """The variant that belongs to a seed; the same seed always gives the same one."""
    values = _draw_values(scenario.source, scenario.tree, seed)
    return Variant(scenario, seed, values, _validated(scenario.source, scenario.tree, values))


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _draw_values(source: Path, tree: Tree, seed: int) -> dict[str, Any]:
    """One value of every parameter. Seeds count through the combinations, so that neighbours in class always differ."""
    parameters = tree.value.get("parameters") if isinstance(tree.value, dict) else None
    values: dict[str, Any] = {}
    for name, parameter in (parameters or {}).items() if isinstance(parameters, dict) else ():
        choices = parameter.get("choose") if isinstance(parameter, dict) else None
        if not isinstance(choices, list) or not choices:
            what = f"the parameter {name!r} needs `choose:` with a list of values"
            raise InvalidScenario([Problem(source, *tree.place(("parameters", name)), what)])
        random.Random(f"parameter:{name}").shuffle(order := list(choices))
        seed, place = divmod(seed, len(order))
        drawn = order[place]
        # a choice that is a mapping draws several values that belong together
        values |= {str(key): one for key, one in drawn.items()} if isinstance(drawn, dict) else {str(name): drawn}
    return values


def _validated(source: Path, tree: Tree, values: Mapping[str, Any]) -> ScenarioFile:
    problems: list[Problem] = []
    filled = _filled(tree.value, (), values, problems, source, tree)
    if problems:
        raise InvalidScenario(problems)
    try:
        return ScenarioFile.model_validate(filled)
    except ValidationError as error:
        # what is misspelt explains what is missing, so it comes first
        found = sorted(error.errors(), key=lambda one: one["type"] == "missing")
        raise InvalidScenario([_problem(source, tree, one) for one in found]) from None


def _filled(
    value: Any,
    path: tuple[Any, ...],
    values: Mapping[str, Any],
    problems: list[Problem],
    source: Path,
    tree: Tree,
) -> Any:
    """The tree with `${name}` replaced; a value that is only `${name}` keeps the parameter's type."""
    if isinstance(value, dict):
        return {key: _filled(item, (*path, key), values, problems, source, tree) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, (*path, index), values, problems, source, tree) for index, item in enumerate(value)]
    if not isinstance(value, str) or "$" not in value or path[:1] == ("parameters",):
        return value
    whole = _WHOLE.match(value)
    try:
        return values[whole[1]] if whole else Template(value).substitute(values)
    except KeyError as error:
        name = str(error.args[0])
        if path == ("pager",) and name == "now":
            return Template(value).safe_substitute(values)
        hint = f"{did_you_mean(name, values)}Known parameters: {', '.join(values) or 'none'}."
        problems.append(Problem(source, *tree.place(path), f"there is no parameter called {name!r}", hint))
    except ValueError:
        problems.append(Problem(source, *tree.place(path), "a lone `$` must be written `$$`"))
    return value


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
