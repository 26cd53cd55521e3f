"""Attempts: requests that nearly do a step, and what was different about them."""

import time
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from enum import IntEnum

from lab.questions.steps.misses import Identity, Record, identity, misses, wrong_key
from lab.questions.steps.received import Received
from lab.questions.steps.step import Step

ALIKE = 0.8
"""How alike two paths are of which one is a misspelt other."""


class Near(IntEnum):
    """How near a request came to a step that it did not do; the nearest first."""

    SAME_OPERATION = 1
    OTHER_KEY = 2
    OTHER_METHOD = 3
    MISSPELT = 4
    NOT = 5


def hints(undone: Sequence[Step | None], done_by: Mapping[Identity, int], record: Record) -> dict[str, str]:
    """Step → what was different about the newest attempt at it. A request is an attempt at one step, the nearest.

    `undone` has None in the place of each step that is done; `done_by` tells the place of the step a request did.
    """
    found: dict[str, str] = {}
    for one in record.received:
        # what did a step was at most an attempt at an earlier one, and only if it was answered as that one wants
        place = done_by.get(identity(one), len(undone))
        near = []
        for step in undone[:place]:
            if step is None or (place < len(undone) and (wrong_key(step, one) or not step.counts(one.status))):
                continue
            distance, told = _near(step, one, record)
            if told:
                near.append((distance, told, step.id))
        if near:
            _, told, step_id = min(near, key=lambda row: row[0])  # of equally near ones the first in the list
            found[step_id] = told
    return found


def _near(step: Step, one: Received, record: Record) -> tuple[Near, str]:
    """How near a request is to doing a step, and what was different; an empty text when it was no attempt at it."""
    if one.to != step.to:
        return Near.NOT, ""
    if one.operation == step.send:
        missed = list(misses(step, one, record))
        told = f"{_arrived(one)}, but {' and '.join(missed[:2])}. {step.nearly}".strip()
        return (Near.OTHER_KEY if wrong_key(step, one) else Near.SAME_OPERATION), told
    if one.route == step.path:
        return Near.OTHER_METHOD, f"{_arrived(one)}. This step needs {step.method}."
    typo = one.status == 404 and one.method == step.method
    if typo and SequenceMatcher(None, one.path, step.path).ratio() > ALIKE:
        return Near.MISSPELT, f"{_arrived(one)}. This step needs {step.path}."
    return Near.NOT, ""


def _arrived(one: Received) -> str:
    clock = time.strftime("%H:%M:%S", time.localtime(one.start_s))
    return f"{one.method} {one.target} arrived at {clock} and was answered {one.status}"
