"""What keeps a request from doing a step, as ends of "but …"."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from lab.questions.steps.received import LEARNER, Received
from lab.questions.steps.step import NONE, UNKNOWN, Step
from lab.questions.steps.wanted import Wanted

SLACK_S = 0.05
"""Clocks of two processes of one machine, and rounding."""
UNREAD = (404, 405)
"""Answers for which the gateway did not get as far as reading the key."""
Logged = Callable[[str, str], list[Mapping[str, object]]]
"""Trace and event → the attributes of every such record."""
Identity = tuple[str, str, float]
"""Receiver, trace and moment: no two requests share all three."""


@dataclass(frozen=True, slots=True)
class Record:
    """What was received, which of it does each step so far, and what was logged for it."""

    received: Sequence[Received]
    logged: Logged
    fits: dict[str, list[Received]] = field(default_factory=dict)


def identity(one: Received) -> Identity:
    """Which request it is."""
    return one.to, one.trace_id, one.start_s


def misses(step: Step, one: Received, record: Record) -> Iterator[str]:
    """Everything that does, as ends of "but …": what was sent first, then what came of it."""
    if one.to != step.to or one.operation != step.send:
        yield f"this step needs {step.send}"
        return
    if miss := wrong_key(step, one):
        yield miss
        return
    wanted = step.wanted
    for where, name, value in wanted.values():
        if where != "answer" and (miss := _value(where, name, value, one, record)):
            yield miss
    if wanted.backed_off is not None and (miss := _backed_off(wanted.backed_off, one, record)):
        yield miss
    if wanted.after is not None and not _follows(wanted.after, one, record):
        yield f"it came before anything had done the step {wanted.after!r}"
    if not step.counts(one.status):
        yield f"this step wants {step.statuses}"
    elif wanted.problem is not None and one.problem != wanted.problem:
        yield f"the problem was {one.problem or 'none'}, and this step wants {wanted.problem}"
    for where, name, value in wanted.values():
        if where == "answer" and (miss := _value(where, name, value, one, record)):
            yield miss
    for name, fact in wanted.facts.items():
        if one.facts.get(name) != fact:
            yield f"its {name} is {one.facts.get(name, 'not known')}, and this step wants {fact}"
    for event, attributes in wanted.logged.items():
        records = record.logged(one.trace_id, event)
        if not any(all(each.get(name) == value for name, value in attributes.items()) for each in records):
            said = ", ".join(f"{name} {value}" for name, value in attributes.items())
            yield f"no {event} was logged for it" + (f" with {said}" if said else "")


def wrong_key(step: Step, one: Received) -> str | None:
    """What is wrong with the key that it came with; None when nothing is."""
    wanted = "" if step.key == NONE else step.key if step.key in (LEARNER, UNKNOWN) else f"{LEARNER}-{step.key}"
    if one.key == wanted or (not one.key and one.status in UNREAD):
        return None
    sent = {"": "no API key", UNKNOWN: "an API key that nobody knows", LEARNER: "your own key"}
    needs = {NONE: "leave the key out", UNKNOWN: "send a key that does not exist", LEARNER: "send your own key"}
    told = sent.get(one.key, f"the key {one.key!r}")
    return f"it came with {told}: {needs.get(step.key, f'send the key {wanted!r}')}"


def _value(where: str, name: str, wanted: Wanted, one: Received, record: Record) -> str | None:
    others = [each for each in record.fits.get(wanted.step or "", ()) if identity(each) != identity(one)]
    if wanted.step is not None and not others:
        return f"nothing has done the step {wanted.step!r} yet, which it belongs to"
    if wanted.taken_from is not None:
        before = [each for each in others if each.end_s <= one.start_s + SLACK_S]
        earlier = [each.answered(wanted.answer or "") for each in before]
    else:
        earlier = [each.value(where, name) for each in others]
    mine, known = one.value(where, name), [value for value in earlier if value is not None]
    miss = wanted.differs(name, mine, known, "the answer" if where == "answer" else "it")
    about = where in ("order", "payment")
    if miss is not None and about and mine is not None and known and wanted.same_as is not None:
        return f"it was about {where} {mine}, another one than {known[-1]}"
    return miss


def _follows(step: str, one: Received, record: Record) -> bool:
    return any(each.end_s <= one.start_s + SLACK_S for each in record.fits.get(step, ()))


def _backed_off(step: str, one: Received, record: Record) -> str | None:
    """The request is the learner's first after a refusal, and came no sooner than that asked for."""
    refusals = [each for each in record.fits.get(step, ()) if each.end_s <= one.start_s + SLACK_S]
    if not refusals:
        return f"nothing has done the step {step!r} yet, which it belongs to"
    last = max(refusals, key=lambda each: each.end_s)
    asked_s = _seconds(last.answered("retry-after"))
    waited_s = one.start_s - last.end_s
    if waited_s < asked_s - SLACK_S:
        return f"it came {waited_s:.1f} s after the refusal, which had asked for {asked_s:.0f} s"
    between = (each for each in record.received if each.to == one.to and last.end_s < each.start_s < one.start_s)
    if any(each.start_s - last.end_s < asked_s - SLACK_S for each in between):
        return f"you had asked again before the {asked_s:.0f} s of the refusal were over"
    return None


def _seconds(text: str | None) -> float:
    try:
        return float(text or 0)
    except ValueError:
        return 0.0
