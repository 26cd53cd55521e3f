"""The steps of a lesson's requests: ticked as they are received, and shown with what was different about attempts."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from lab.core.errors import LabError
from lab.questions import Run
from lab.questions.requests import DONE, Requests, worth
from lab.questions.steps.fitting import StepState
from lab.questions.steps.received import Received, from_telemetry, of_json
from lab.questions.steps.sending import retry_variable, spoken
from lab.questions.steps.step import Step
from lab.scenario.model import Question
from lab.session import graded
from lab.session.session import Session
from lab.session.states import ENDED

LOOK_EVERY_S = 0.5
ARRIVES_S = 1.0
CLIENTS = {
    "postmanruntime": "Postman",
    "python-requests": "Python",
    "insomnia": "Insomnia",
    "vscode-restclient": "VS Code",
}
"""What clients call themselves, as people call them; others are shown by their own name."""


def asked(session: Session) -> list[tuple[Question, Requests]]:
    """The questions that are answered by sending requests."""
    return [(one, one.question) for one in session.file.questions if isinstance(one.question, Requests)]


def received(session: Session) -> tuple[Received, ...]:
    """Every request of the learner's so far, oldest first; waits for what is on its way to the store."""
    found = [*from_telemetry(session.telemetry), *(session.sandbox.received() if session.sandbox else ())]
    return tuple(sorted(found, key=lambda one: one.start_s))


def ticked(session: Session, question: str) -> dict[str, Received]:
    """The steps of a question that were done before, by step."""
    return {step: of_json(written) for step, written in session.ledger.ticks.get(question, {}).items()}


def states(session: Session, question: Question, kind: Requests, arrived: tuple[Received, ...]) -> list[StepState]:
    """Where each step of a question stands."""
    run = Run(telemetry=session.telemetry, windows={}, received=arrived, ticked=ticked(session, question.id))
    return kind.states(run)


async def look(session: Session) -> bool:
    """Tick what was done since the last look; whether anything was."""
    async with session.ticking:
        if session.ending:
            return False
        await refresh(session)
        return await _look(session)


async def refresh(session: Session) -> None:
    """Ask the partner what it received, where the learner may call it."""
    url = session.runtime.urls.get("partner")
    if session.sandbox is not None and url is not None:
        await session.sandbox.refresh(url)


async def settled(session: Session, question: str) -> None:
    """Tick what was done a moment ago too: what the services saw is on its way for up to a second."""
    await look(session)
    if session.ledger.rung(question).state == "open":
        await asyncio.sleep(ARRIVES_S)
        await look(session)


async def _look(session: Session) -> bool:
    arrived = await asyncio.to_thread(received, session)
    anything = False
    for question, kind in asked(session):
        async with session.answering[question.id]:
            if not session.ledger.rung(question.id).settled:
                anything |= await _tick(session, question, kind, arrived)
    return anything


async def _tick(session: Session, question: Question, kind: Requests, arrived: tuple[Received, ...]) -> bool:
    known = set(session.ledger.ticks.get(question.id, {}))
    found = await asyncio.to_thread(states, session, question, kind, arrived)
    new = [(state.step, state.by) for state in found if state.by is not None and state.step.id not in known]
    for step, by in new:
        session.write("ticked", question=question.id, step=step.id, received=by.as_json(), share=worth(found))
        session.note("step", f"Step done: {step.do.strip()}")
    if all(state.done for state in found):
        _settle(session, question, kind)
    return bool(new)


def _settle(session: Session, question: Question, kind: Requests) -> None:
    """Every step is done, so the question is answered."""
    run = Run(telemetry=session.telemetry, windows={}, received=(), ticked=ticked(session, question.id))
    graded.record(session, question.id, DONE, kind.grade(DONE, run), free=True)


async def watch(session: Session, changed: Callable[[Session], Awaitable[None]]) -> None:
    """Look again and again until the session ends; `changed` is told when something was ticked."""
    while session.state not in ENDED:
        with contextlib.suppress(LabError):  # a disk that is full for a moment; the next look ticks it
            if await look(session):
                await changed(session)
        await asyncio.sleep(LOOK_EVERY_S)


def shown(session: Session) -> dict[str, Any]:
    """Every step with where it stands, for pages and the command line. Blocking: call it in a thread."""
    arrived = received(session)
    found = {question.id: states(session, question, kind, arrived) for question, kind in asked(session)}
    values = known_values(session, [state for some in found.values() for state in some])
    return {
        "questions": [_question(session, question, found[question.id], values) for question, _ in asked(session)],
        "values": values,
    }


def _question(
    session: Session, question: Question, found: list[StepState], values: Mapping[str, str]
) -> dict[str, Any]:
    rung = session.ledger.rung(question.id)
    return {
        "question": question.id,
        "ask": question.ask,
        "state": rung.state,
        "earned": round(rung.share * question.points, 1),
        "points": question.points,
        "done": sum(one.done for one in found),
        "of": len(found),
        "steps": [_step(state, values) for state in found],
    }


def _step(state: StepState, values: Mapping[str, str]) -> dict[str, Any]:
    step, by = state.step, state.by
    return {
        "id": step.id,
        "do": step.do.strip(),
        "send": step.send,
        "to": step.to,
        "key": step.key,
        "done": state.done,
        "hint": state.hint,
        "notice": step.notice.strip() if state.done else "",
        "by": None if by is None else one_received(by),
        "command": "" if step.passive else spoken(step, values),
        "keeps": sorted(step.keep),
    }


def one_received(one: Received) -> dict[str, Any]:
    """One request as a list shows it: all that is known of it, and which program sent it."""
    return {
        **one.as_json(),
        "target": one.target,
        "order": one.order,
        "client": client(one.sent.get("user-agent", "")),
    }


def client(agent: str) -> str:
    """Which program sent it, by the name people know it by; empty when it did not say."""
    name = agent.partition("/")[0].strip()
    return CLIENTS.get(name.casefold(), name)


def known_values(session: Session, found: Sequence[StepState]) -> dict[str, str]:
    """The variables of the steps' examples that this learner's own requests give a value, the latest one."""
    values: dict[str, str] = session.addresses()
    for state in found:
        step = state.step
        values |= {name: f"{name}-{session.id}" for name, text in step.example.set_.items() if "{{guid}}" in text}
        if state.latest is not None:
            values |= _kept(step, state.latest)
    return values


def _kept(step: Step, by: Received) -> dict[str, str]:
    """What a step keeps of its answer, as far as the headers of the answer say it too."""
    found = {retry_variable(step.id): by.answered("retry-after")}
    for name, source in step.keep.items():
        where, _, rest = source.partition(".")
        if where == "header":
            found[name] = by.answered(rest)
        elif source == "body.id":
            found[name] = by.order or None
        elif source == "body.next_cursor":
            found[name] = by.next_cursor or None
    return {name: value for name, value in found.items() if value is not None}
