"""Which requests do a step, and a hint where none does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lab.questions.steps.attempts import hints
from lab.questions.steps.misses import Identity, Logged, Record, identity, misses
from lab.questions.steps.received import Received
from lab.questions.steps.step import Step


@dataclass(frozen=True, slots=True)
class StepState:
    """Where a step stands: the request that did it (and the last one that does), or a hint from the nearest one."""

    step: Step
    by: Received | None = None
    hint: str = ""
    latest: Received | None = None

    @property
    def done(self) -> bool:
        """Whether it counts."""
        return self.by is not None


def states(
    steps: Sequence[Step], received: Sequence[Received], ticked: Mapping[str, Received], logged: Logged
) -> list[StepState]:
    """The state of every step, in order. What was `ticked` before stays so, whatever has been forgotten since.

    A step that speaks of an earlier one is compared with every request that does that one.
    """
    record = Record(received, logged)
    done_by: dict[Identity, int] = {}
    found = []
    for place, step in enumerate(steps):
        mine = [one for one in received if next(misses(step, one, record), None) is None]
        before = ticked.get(step.id)
        if before is not None and before not in mine:
            mine.insert(0, before)
        record.fits[step.id] = mine
        by = before or next(iter(mine), None)
        if by is not None:
            done_by.setdefault(identity(by), place)
        found.append(StepState(step, by, latest=mine[-1] if mine else None))
    undone = [None if one.done else one.step for one in found]
    told = hints(undone, done_by, record)
    return [one if one.done else StepState(one.step, None, told.get(one.step.id, "")) for one in found]
