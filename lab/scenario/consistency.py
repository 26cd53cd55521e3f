"""What the fields of a scenario file owe each other, told at the place where it is wrong."""

from collections.abc import Iterator
from typing import Any

from lab.questions.rehearsal import Rehearsal
from lab.questions.requests import Requests
from lab.questions.steps.received import LEARNER
from lab.questions.steps.step import NONE, UNKNOWN
from lab.scenario.model import STEPS, ScenarioFile
from lab.scenario.shapes import BELONG_TOGETHER, SHAPES

Found = tuple[tuple[Any, ...], str, str]
"""Where (the path of keys), what is wrong, what to do."""


def inconsistencies(file: ScenarioFile) -> Iterator[Found]:
    """Everything wrong between fields, each with its place."""
    yield from _shape(file)
    yield from _twice(file)
    yield from _ladder(file)
    yield from _steps(file)
    yield from _mitigations(file)
    yield from _rehearsals(file)
    yield from _stages(file)


def _shape(file: ScenarioFile) -> Iterator[Found]:
    rules = SHAPES[file.shape]
    for name in rules.needs:
        if not getattr(file, name):
            hint = f"Add `{name}:`, or choose another `shape:`."
            yield ("shape",), f"the shape '{file.shape}' needs {name!r}, and there is none", hint
    for name in rules.forbids:
        if getattr(file, name):
            hint = f"Remove `{name}:`, or choose another `shape:`."
            yield (name,), f"the shape '{file.shape}' has no {name!r}: {rules.means.split('.')[0].lower()}", hint
    for name, other, why in BELONG_TOGETHER:
        if getattr(file, name) and not getattr(file, other) and other not in rules.needs:
            yield (name,), f"{name!r} needs {other!r} beside it: {why}", f"Add `{other}:`."


def _twice(file: ScenarioFile) -> Iterator[Found]:
    for name in ("questions", "mitigations"):
        met: set[str] = set()
        for number, item in enumerate(getattr(file, name)):
            if item.id in met:
                yield (name, number, "id"), f"the id {item.id!r} is used twice", "Give each an id of its own."
            met.add(item.id)


def _ladder(file: ScenarioFile) -> Iterator[Found]:
    highest = 0
    for number, question in enumerate(file.questions):
        if question.step == "do":
            continue  # something to do may come between any two rungs
        place = STEPS.index(question.step)
        if place < highest:
            order = ", ".join(STEPS)
            yield (
                ("questions", number, "step"),
                f"{question.step!r} comes after {STEPS[highest]!r}: the questions must climb the ladder",
                f"Put them in this order: {order}.",
            )
        highest = max(highest, place)


def _steps(file: ScenarioFile) -> Iterator[Found]:
    known = {NONE, UNKNOWN, LEARNER, *file.keys}
    met: set[str] = set()
    for number, question in enumerate(file.questions):
        if not isinstance(question.question, Requests):
            continue
        for place, step in enumerate(question.question.steps):
            at = ("questions", number, "requests", "steps", place)
            if step.id in met:
                yield (*at, "id"), f"the step {step.id!r} is there twice", "Give each an id of its own."
            met.add(step.id)
            if step.to != "shop" and file.sandbox is None:
                hint = "Add `sandbox: {}`, which gives the learner an account at the partner and an inbox."
                yield (*at, "to"), f"the lesson has no {step.to}", hint
            if step.key not in known:
                hint = f"Name it under `keys:`, or use one of {', '.join(sorted(known))}."
                yield (*at, "key"), f"the lesson has no key {step.key!r}", hint


def _rehearsals(file: ScenarioFile) -> Iterator[Found]:
    for number, question in enumerate(file.questions):
        if isinstance(question.question, Rehearsal) and file.rehearsal is None:
            yield ("questions", number), "there is nothing to rehearse", "Write the migration down under `rehearsal:`."


def _mitigations(file: ScenarioFile) -> Iterator[Found]:
    if not file.mitigations:
        return
    right = [number for number, one in enumerate(file.mitigations) if one.works]
    if file.shape == "control":
        for number in right:
            yield (
                ("mitigations", number),
                "nothing is wrong in a control, so no mitigation can be right",
                "Say in `because_not` why it is not needed and what it costs.",
            )
    elif not any(one.right for one in file.mitigations):
        yield ("mitigations",), "at least one mitigation must be `right: true`", "Mark the one that the brief prefers."
    if len(file.mitigations) < 2:
        yield ("mitigations",), "one mitigation is no choice", "Add at least one that is tempting and wrong."
    if file.load is None and file.shape != "control":
        yield ("mitigations",), "mitigations need a load test that proves them", "Add `load:` and `slo:`."


def _stages(file: ScenarioFile) -> Iterator[Found]:
    for name in ("learn", "prove"):
        factors = getattr(file.windows, name).load
        if isinstance(factors, list) and (file.load is None or len(factors) != len(file.load.stages)):
            count = 0 if file.load is None else len(file.load.stages)
            yield (
                ("windows", name, "load"),
                f"{len(factors)} factors for {count} stages of the load test",
                "Give one number for all stages, or a list with one for each.",
            )
