"""Requests that a lesson asks for: to addresses that exist, and each with something to notice."""

from collections.abc import Iterator

from lab.core.errors import did_you_mean
from lab.questions.observed import Observed
from lab.questions.requests import Requests
from lab.questions.steps.received import INBOX, SANDBOX, SHOP
from lab.questions.steps.step import Step
from lab.scenario.lint.reading import Finding, Keys, Reading

MISTAKES = (404, 405)
"""Statuses that an address which does not exist is asked for on purpose."""
RECEIVERS = {SHOP: "gateway", SANDBOX: "partner"}
OF_INBOX = frozenset({"POST /", "GET /messages", "POST /verify", "PUT /answer"})


def findings(reading: Reading) -> Iterator[Finding]:
    """What cannot be sent or read, and advice about steps that teach nothing."""
    sent: set[str] = set()
    for number, question in enumerate(reading.file.questions):
        kind = question.question
        if isinstance(kind, Requests):
            for place, step in enumerate(kind.steps):
                sent.add(step.send)
                yield from _step(reading, ("questions", number, "requests", "steps", place), step)
    for number, question in enumerate(reading.file.questions):
        kind = question.question
        if isinstance(kind, Observed) and kind.of.send not in sent:
            yield Finding(
                ("questions", number, "observed", "of", "send"),
                f"{question.id!r} cannot be answered: no step sends {kind.of.send}",
                f"{did_you_mean(kind.of.send, sent)}Ask about the answer to a request that a step sends.",
            )


def _step(reading: Reading, at: Keys, step: Step) -> Iterator[Finding]:
    known = OF_INBOX if step.to == INBOX else reading.world.services[RECEIVERS[step.to]].routes
    if step.send not in known and not set(step.wanted.status) & set(MISTAKES):
        hint = f"{did_you_mean(step.send, known)}`lab export http` lists what there is."
        yield Finding((*at, "send"), f"nothing answers {step.send!r}", hint)
    if not step.notice:
        yield Finding((*at, "id"), f"the step {step.id!r} says nothing when it is done", "Add `notice:`.", advice=True)
