"""The shapes of a lesson: what each is for, and which fields it needs and forbids."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

Shape = Literal["incident", "control", "tutorial", "exercise", "review"]


@dataclass(frozen=True, slots=True)
class Rules:
    """What a shape is, and the fields of the scenario file it must have and must not have."""

    means: str
    needs: tuple[str, ...] = ()
    forbids: tuple[str, ...] = ()


SHAPES: Mapping[Shape, Rules] = {
    "incident": Rules(
        "Something is broken now. The learner finds out what, chooses a mitigation and proves it.",
        needs=("faults", "symptoms", "slo", "pager", "mitigations", "load"),
    ),
    "control": Rules(
        "Nothing is wrong, though somebody is worried. The right answer is to say so and why. It may offer tempting "
        "mitigations; none of them is right. A learner is not told the shape.",
        needs=("slo", "pager"),
        forbids=("faults", "symptoms"),
    ),
    "tutorial": Rules("The learner gets to know a tool. Nothing needs to break."),
    "exercise": Rules(
        "The learner sends requests, graded by what the gateway received with the learner's own key.",
        forbids=("mitigations", "load"),
    ),
    "review": Rules(
        "Nothing is broken yet: the learner predicts what a change will do, makes it, and compares.",
        forbids=("faults", "symptoms"),
    ),
}
assert set(SHAPES) == set(get_args(Shape))

BELONG_TOGETHER = (
    ("faults", "symptoms", "a fault that nobody measures may have done nothing"),
    ("symptoms", "faults", "without a fault nothing shows them"),
    ("load", "slo", "a load test is judged by its promises"),
)
"""A field that is there needs the other one, and why; in every shape."""
