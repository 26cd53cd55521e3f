"""The requests of a lesson's steps."""

import re
from collections.abc import Iterator, Sequence

from lab.export.calls import Call, Field, Folder
from lab.export.contract import Example, Operation, find
from lab.export.lesson import ADDRESSES, SANDBOX_KEY, Lesson, key_variable
from lab.questions.steps.sending import NO_SUCH_KEY, retry_variable
from lab.questions.steps.step import NONE, UNKNOWN, Step

WORTH_KNOWING = (401, 403, 404, 409, 422, 429)
"""Errors whose example is saved with each request that can get them."""
LONGEST_NAME = 60


def folders_of_steps(lesson: Lesson) -> Iterator[Folder]:
    """A folder a question, in the lesson's order."""
    for part in lesson.parts:
        calls = tuple(_of_step(lesson, part.id, *one) for one in _numbered(part.steps))
        yield Folder(part.id, part.id.replace("-", " ").capitalize(), part.ask.strip(), calls)


def _numbered(steps: Sequence[Step]) -> Iterator[tuple[int, Step, frozenset[str]]]:
    refused = frozenset(step.wanted.backed_off for step in steps if step.wanted.backed_off)
    sent = [step for step in steps if not step.passive]
    for number, step in enumerate(sent, 1):
        yield number, step, refused


def _of_step(lesson: Lesson, part: str, number: int, step: Step, refused: frozenset[str]) -> Call:
    example, wanted = step.example, step.wanted
    told = find(lesson.contracts.get(step.to, {}), step.method, step.path)
    headers = [Field(name, value) for name, value in example.headers.items()]
    if step.key == UNKNOWN:
        headers.insert(0, Field("X-API-Key", NO_SUCH_KEY))
    body = example.payload
    if body is not None and "content-type" not in {name.lower() for name in example.headers}:
        headers.append(Field("Content-Type", "application/json"))
    keeps = dict(step.keep)
    if step.id in refused:
        keeps[retry_variable(step.id)] = "header.Retry-After"
    key = "" if step.key in (NONE, UNKNOWN) or step.to == "inbox" else key_variable(step.key)
    return Call(
        id=step.id,
        name=f"{number}. {short(step.do)}",
        folder=part,
        method=step.method,
        base=ADDRESSES[step.to],
        path=example.target(step.path).partition("?")[0],
        notes=_notes(step, told),
        statuses=tuple(wanted.status) or tuple(told.successes if told else (200,)),
        query=tuple(Field(name, str(value)) for name, value in example.query.items()),
        headers=tuple(headers),
        body=body,
        key=SANDBOX_KEY if key and step.to == "sandbox" else key,
        bearer=step.to == "sandbox",
        problem=wanted.problem,
        answer={name: one.is_ for name, one in wanted.answer.items() if one.is_ is not None},
        sets=example.set_,
        keeps=keeps,
        repeat=example.repeat,
        waits=retry_variable(wanted.backed_off) if wanted.backed_off else None,
        pause_s=example.pause,
        examples=_saved(told, wanted.status),
    )


def short(text: str) -> str:
    """The beginning of a sentence, as a name."""
    first = re.split(r"(?<=\w)[.:;,] ", " ".join(text.split()).replace("`", "").rstrip("."))[0]
    return first if len(first) <= LONGEST_NAME else f"{first[: LONGEST_NAME - 1].rsplit(' ', 1)[0]}…"


def _notes(step: Step, told: Operation | None) -> str:
    """What to do; what there is to notice is told when it was done."""
    parts = [step.do.strip()]
    if told is not None:
        parts.append(f"---\n\n*{told.summary}.* {told.description}")
    return "\n\n".join(parts)


def _saved(told: Operation | None, wanted: Sequence[int]) -> tuple[Example, ...]:
    if told is None:
        return ()
    kept = [one for one in told.examples if one.status < 400 or one.status in (*wanted, *WORTH_KNOWING)]
    return tuple(sorted(kept, key=lambda one: (one.status not in wanted, one.status)))
