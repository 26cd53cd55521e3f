"""Parameters: drawing their values by seed, and filling them into the file."""

import random
import re
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from pathlib import Path
from string import Template
from typing import Any

from lab.core.errors import did_you_mean
from lab.scenario.problem import InvalidScenario, Problem
from lab.scenario.tree import Tree

_DAY = re.compile(r"^today([+-]\d{1,5})d$")
_WHOLE = re.compile(r"^\$\{(\w+)\}$")
Path_ = tuple[Any, ...]


def drawn(source: Path, tree: Tree, seed: int) -> dict[str, Any]:
    """One value of every parameter. Seeds count through the combinations, so that neighbours in class always differ.

    A value such as `today-27d` is that day, as 2026-10-31; `${name_say}` is the same day in words.
    """
    values: dict[str, Any] = {}
    for name, parameter in _written(tree).items():
        choices = parameter.get("choose") if isinstance(parameter, dict) else None
        if not isinstance(choices, list) or not choices:
            what = f"the parameter {name!r} needs `choose:` with a list of values"
            raise InvalidScenario([Problem(source, *tree.place(("parameters", name)), what)])
        random.Random(f"parameter:{name}").shuffle(order := list(choices))
        seed, place = divmod(seed, len(order))
        value = order[place]
        # a choice that is a mapping draws several values that belong together
        for key, one in (value if isinstance(value, dict) else {name: value}).items():
            values |= _dated(str(key), one)
    return values


def _dated(name: str, value: Any) -> dict[str, Any]:
    relative = _DAY.match(value) if isinstance(value, str) else None
    if relative is None:
        return {name: value}
    day = date.today() + timedelta(days=int(relative[1]))
    return {name: day.isoformat(), f"{name}_say": f"{day.day} {day:%B %Y}"}


def combinations(tree: Tree) -> int:
    """How many different draws there are."""
    count = 1
    for parameter in _written(tree).values():
        count *= len(parameter["choose"])
    return count


def _written(tree: Tree) -> dict[str, Any]:
    parameters = tree.value.get("parameters") if isinstance(tree.value, dict) else None
    return parameters if isinstance(parameters, dict) else {}


def filled(source: Path, tree: Tree, values: Mapping[str, Any]) -> Any:
    """The tree with `${name}` replaced; a value that is only `${name}` keeps the parameter's type.

    Raises InvalidScenario for names that are no parameters. A pager message may also use `${now}`, a model answer
    the scenario's facts: those are filled in when the run has them.
    """
    problems: list[Problem] = []
    facts = tree.value.get("facts") if isinstance(tree.value, dict) else None
    later = set(facts) if isinstance(facts, dict) else set()

    def fill(value: Any, path: Path_) -> Any:
        if isinstance(value, dict):
            return {key: fill(item, (*path, key)) for key, item in value.items()}
        if isinstance(value, list):
            return [fill(item, (*path, index)) for index, item in enumerate(value)]
        if not isinstance(value, str) or "$" not in value or path[:1] == ("parameters",):
            return value
        return _text(value, values, _late_names(path, later), lambda what, hint: tell(path, what, hint))

    def tell(path: Path_, what: str, hint: str) -> None:
        problems.append(Problem(source, *tree.place(path), what, hint))

    tree_filled = fill(tree.value, ())
    if problems:
        raise InvalidScenario(problems)
    return tree_filled


def _late_names(path: Path_, facts: set[str]) -> set[str]:
    if path == ("pager",):
        return {"now"}
    return {*facts, "trend", "next_update"} if path and path[-1] == "example" else set()


def _text(value: str, values: Mapping[str, Any], late: set[str], tell: Callable[[str, str], None]) -> Any:
    whole = _WHOLE.match(value)
    if whole and whole[1] in values:
        return values[whole[1]]
    template = Template(value)
    if not template.is_valid():
        tell("a lone `$` must be written `$$`", "Write the name of a parameter in braces, as in ${quota}.")
        return value
    for name in template.get_identifiers():
        if name not in values and name not in late:
            hint = f"{did_you_mean(name, values)}Known parameters: {', '.join(values) or 'none'}."
            tell(f"there is no parameter called {name!r}", hint)
    return template.safe_substitute({**values, **{name: f"${{{name}}}" for name in late}})
