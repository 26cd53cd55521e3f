"""Which requests do a step, and what was different about the one that came nearest."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import IntEnum

from lab.questions.steps.received import Received
from lab.questions.steps.step import NONE, UNKNOWN, YOU, Step
from lab.questions.steps.wanted import Wanted

SLACK_S = 0.05
"""Clocks of two processes of one machine, and rounding."""
ALIKE = 0.8
"""How alike two paths are of which one is a misspelt other."""
UNREAD = (404, 405)
"""Answers for which the gateway did not get as far as reading the key."""
Logged = Callable[[str, str], list[Mapping[str, object]]]
"""Trace and event → the attributes of every such record."""
Fits = Mapping[str, Sequence[Received]]


class Near(IntEnum):
    """How near a request came to a step that it did not do; the nearest first."""

    SAME_OPERATION = 1
    OTHER_KEY = 2
    OTHER_METHOD = 3
    MISSPELT = 4
    NOT = 5


@dataclass(frozen=True, slots=True)
class StepState:
    """Where a step stands: the request that did it, or a hint from the one that came nearest."""

    step: Step
    by: Received | None = None
    hint: str = ""

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
    fits: dict[str, list[Received]] = {}
    done_by: dict[tuple[str, str, float], int] = {}
    found = []
    for place, step in enumerate(steps):
        mine = [one for one in received if not _misses(step, one, fits, received, logged, all_of_them=False)]
        before = ticked.get(step.id)
        if before is not None and before not in mine:
            mine.append(before)
        fits[step.id] = mine
        by = before or (mine[0] if mine else None)
        if by is not None:
            done_by.setdefault(_same(by), place)
        found.append(StepState(step, by))
    attempts = _attempts(found, received, done_by, fits, logged)
    return [state if state.done else StepState(state.step, None, attempts.get(state.step.id, "")) for state in found]


def _same(one: Received) -> tuple[str, str, float]:
    return one.to, one.trace_id, one.start_s


def _misses(
    step: Step, one: Received, fits: Fits, received: Sequence[Received], logged: Logged, *, all_of_them: bool
) -> list[str]:
    """What keeps a request from doing a step; just the first thing unless all are asked for."""
    found = []
    for miss in _checks(step, one, fits, received, logged):
        found.append(miss)
        if not all_of_them:
            break
    return found


def _checks(step: Step, one: Received, fits: Fits, received: Sequence[Received], logged: Logged) -> Iterator[str]:
    if one.to != step.to or one.operation != step.send:
        yield f"this step needs {step.send}"
        return
    if miss := _key(step, one):
        yield miss
        return
    wanted = step.wanted
    for where, name, value in wanted.values():
        if where != "answer" and (miss := _value(where, name, value, one, fits)):
            yield miss
    if wanted.backed_off is not None and (miss := _backed_off(wanted.backed_off, one, fits, received)):
        yield miss
    if not step.counts(one.status):
        yield f"this step wants {step.statuses}"
    elif wanted.problem is not None and one.problem != wanted.problem:
        yield f"the problem was {one.problem or 'none'}, and this step wants {wanted.problem}"
    for where, name, value in wanted.values():
        if where == "answer" and (miss := _value(where, name, value, one, fits)):
            yield miss
    for name, fact in wanted.facts.items():
        if one.facts.get(name) != fact:
            yield f"its {name} is {one.facts.get(name, 'not known')}, and this step wants {fact}"
    for event, attributes in wanted.logged.items():
        records = logged(one.trace_id, event)
        if not any(all(record.get(name) == value for name, value in attributes.items()) for record in records):
            said = ", ".join(f"{name} {value}" for name, value in attributes.items())
            yield f"no {event} was logged for it" + (f" with {said}" if said else "")


def _key(step: Step, one: Received) -> str | None:
    wanted = "" if step.key == NONE else step.key if step.key in (YOU, UNKNOWN) else f"{YOU}-{step.key}"
    if one.key == wanted or (not one.key and one.status in UNREAD):
        return None
    sent = {"": "no API key", UNKNOWN: "an API key that nobody knows", YOU: "your own key"}.get(
        one.key, f"the key {one.key!r}"
    )
    needs = {
        NONE: "leave the key out",
        UNKNOWN: "send a key that does not exist",
        YOU: "send your own key",
    }.get(step.key, f"send the key {wanted!r}")
    return f"it came with {sent}: {needs}"


def _value(where: str, name: str, wanted: Wanted, one: Received, fits: Fits) -> str | None:
    def read(request: Received) -> str | None:
        if where == "order":
            return request.order or None
        if where == "payment":
            return str(request.facts["payment"]) if "payment" in request.facts else None
        return {"headers": request.sent, "query": request.query, "answer": request.answer}[where].get(
            name if where == "query" else name.lower()
        )

    others = [request for request in fits.get(wanted.step or "", ()) if _same(request) != _same(one)]
    if wanted.step is not None and not others:
        return f"nothing has done the step {wanted.step!r} yet, which it belongs to"
    if wanted.taken_from is not None:
        earlier = [
            request.answered(wanted.answer or "") for request in others if request.end_s <= one.start_s + SLACK_S
        ]
    else:
        earlier = [read(request) for request in others]
    mine = read(one)
    known = [value for value in earlier if value is not None]
    miss = wanted.differs(name, mine, known, "the answer" if where == "answer" else "it")
    about = where in ("order", "payment")
    if miss is not None and about and mine is not None and known and wanted.same_as is not None:
        return f"it was about {where} {mine}, another one than {known[-1]}"
    return miss


def _backed_off(step: str, one: Received, fits: Fits, received: Sequence[Received]) -> str | None:
    """The request is the learner's first after a refusal, and came no sooner than that asked for."""
    refusals = [request for request in fits.get(step, ()) if request.end_s <= one.start_s + SLACK_S]
    if not refusals:
        return f"nothing has done the step {step!r} yet, which it belongs to"
    last = max(refusals, key=lambda request: request.end_s)
    asked = _seconds(last.answered("retry-after"))
    waited = one.start_s - last.end_s
    if waited < asked - SLACK_S:
        return f"it came {waited:.1f} s after the refusal, which had asked for {asked:.0f} s"
    between = [request for request in received if request.to == one.to and last.end_s < request.start_s < one.start_s]
    if any(request.start_s - last.end_s < asked - SLACK_S for request in between):
        return f"you had asked again before the {asked:.0f} s of the refusal were over"
    return None


def _seconds(text: str | None) -> float:
    try:
        return float(text or 0)
    except ValueError:
        return 0.0


def _attempts(
    found: Sequence[StepState],
    received: Sequence[Received],
    done_by: Mapping[tuple[str, str, float], int],
    fits: Fits,
    logged: Logged,
) -> dict[str, str]:
    """Step → what was different about the newest attempt at it. A request is an attempt at one step, the nearest."""
    hints: dict[str, str] = {}
    for one in received:
        # what did a step was at most an attempt at an earlier one, and only if it was answered as that one wants
        place = done_by.get(_same(one), len(found))
        near = []
        for state in found[:place]:
            step = state.step
            if state.done or (place < len(found) and (_key(step, one) or not step.counts(one.status))):
                continue
            distance, told = _near(step, one, fits, received, logged)
            if told:
                near.append((distance, told, step.id))
        if near:
            _, told, step_id = min(near, key=lambda row: row[0])  # of equally near ones the first in the list
            hints[step_id] = told
    return hints


def _near(step: Step, one: Received, fits: Fits, received: Sequence[Received], logged: Logged) -> tuple[Near, str]:
    """How near a request is to doing a step, and what was different; an empty text when it was no attempt at it."""
    if one.to != step.to:
        return Near.NOT, ""
    if one.operation == step.send:
        misses = _misses(step, one, fits, received, logged, all_of_them=True)
        told = f"{_arrived(one)}, but {' and '.join(misses[:2])}. {step.nearly}".strip()
        return (Near.OTHER_KEY if _key(step, one) else Near.SAME_OPERATION), told
    if one.route == step.path:
        return Near.OTHER_METHOD, f"{_arrived(one)}. This step needs {step.method}."
    typo = one.status == 404 and one.method == step.method
    if typo and SequenceMatcher(None, one.path, step.path).ratio() > ALIKE:
        return Near.MISSPELT, f"{_arrived(one)}. This step needs {step.path}."
    return Near.NOT, ""


def _arrived(one: Received) -> str:
    clock = time.strftime("%H:%M:%S", time.localtime(one.start_s))
    return f"{one.method} {one.target} arrived at {clock} and was answered {one.status}"
