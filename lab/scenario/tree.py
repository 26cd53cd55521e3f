"""YAML as a plain tree that remembers where each value stands, so that every error has file, line and column."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from lab.scenario.files import read_text

DEEPEST = 40
"""Levels of nesting. A scenario needs a dozen; some thousand would be more than Python can walk."""

Place = tuple[int, int]


@dataclass(frozen=True)
class Tree:
    """The values of a YAML file and the (line, column), counted from 1, of every key path."""

    value: Any
    places: dict[tuple[Any, ...], Place] = field(repr=False)

    def place(self, path: Iterable[Any]) -> Place:
        """The place of the nearest known ancestor of `path`.

        A kind is written as a mapping with one key, which validation errors leave out of their path: it is
        stepped through silently.
        """
        here: tuple[Any, ...] = ()
        value = self.value
        for step in path:
            while isinstance(value, dict) and step not in value and len(value) == 1:
                (only,) = value
                here, value = (*here, only), value[only]
            try:
                value = value[step]
            except (KeyError, IndexError, TypeError):
                break
            here = (*here, step)
        return self.places.get(here, (1, 1))


class TreeError(Exception):
    """The text is not YAML a scenario may use."""

    def __init__(self, what: str, line: int, column: int) -> None:
        super().__init__(what)
        self.what, self.line, self.column = what, line, column


def read(path: Path) -> Tree:
    """Parse a YAML file safely (no tags, no anchors that alias); TreeError with the place otherwise, OSError as is."""
    text = read_text(path)
    try:
        depth = 0
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            # an alias of an alias of an alias turns a small file into gigabytes
            if isinstance(event, yaml.AliasEvent):
                raise TreeError("an alias (*) may not be used; write the value again", *_place(event.start_mark))
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > DEEPEST:
                raise TreeError(f"this is nested more than {DEEPEST} levels deep", *_place(event.start_mark))
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        place = _place(error.problem_mark or error.context_mark)
        raise TreeError(f"this is not valid YAML: {error.problem or error.context}", *place) from None
    except yaml.YAMLError as error:
        raise TreeError(f"this is not valid YAML: {error}", 1, 1) from None
    if node is None:
        raise TreeError("the file is empty", 1, 1)
    places: dict[tuple[Any, ...], Place] = {}
    return Tree(_plain(node, (), places), places)


def _place(mark: Any) -> Place:
    return (1, 1) if mark is None else (mark.line + 1, mark.column + 1)


def _plain(node: yaml.Node, path: tuple[Any, ...], places: dict[tuple[Any, ...], Place]) -> Any:
    places.setdefault(path, _place(node.start_mark))
    if isinstance(node, yaml.MappingNode):
        mapping: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            key = _scalar(key_node)
            if key in mapping:
                raise TreeError(f"the key {key!r} stands twice here", *_place(key_node.start_mark))
            places[(*path, key)] = _place(key_node.start_mark)
            mapping[key] = _plain(value_node, (*path, key), places)
        return mapping
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*path, index), places) for index, item in enumerate(node.value)]
    return _scalar(node)


def _scalar(node: yaml.Node) -> Any:
    if not isinstance(node, yaml.ScalarNode):
        raise TreeError("a key must be a plain word", *_place(node.start_mark))
    loader = yaml.SafeLoader("")
    try:
        return loader.construct_object(node)
    except (yaml.YAMLError, ValueError):
        raise TreeError(f"{node.value!r} is not a value a scenario may use", *_place(node.start_mark)) from None
    finally:
        loader.dispose()
