"""Questions, answers and hints of one session."""

import asyncio
import random
from typing import Any

from lab.core.errors import Conflict, NotFound, UsageError, did_you_mean
from lab.core.window import Window
from lab.questions import Fact, Fix, Grade, Run
from lab.questions.lettered import LETTERS
from lab.scenario.facts import measured
from lab.scenario.model import Question
from lab.session import graded, steps
from lab.session.session import Session

LOOK_ALIKES = ("localize", "explain")
"""Steps of the ladder whose questions tell one cause from another."""


def question_of(session: Session, name: str) -> Question:
    """The question of that id; NotFound with a suggestion otherwise."""
    for question in session.file.questions:
        if question.id == name:
            found: Question = question
            return found
    known = [question.id for question in session.file.questions]
    raise NotFound(f"There is no question {name!r}.", f"{did_you_mean(name, known)}Questions: {', '.join(known)}.")


def points_of(session: Session) -> dict[str, int]:
    """Question → points."""
    return {question.id: question.points for question in session.file.questions}


def options_of(session: Session, question: Question) -> tuple[str, ...]:
    """The options in this session's own order, the same each time."""
    return tuple(question.question.options(random.Random(f"{session.variant.seed}:{question.id}")) or ())


def lettered(session: Session, question: Question) -> list[dict[str, str]] | None:
    """The options as the learner sees them."""
    texts = options_of(session, question)
    return [{"key": LETTERS[index], "text": text} for index, text in enumerate(texts)] or None


def described(session: Session) -> list[dict[str, Any]]:
    """Every question with the learner's own state; nothing that was not earned."""
    rows = []
    for question in session.file.questions:
        rung = session.ledger.rungs.get(question.id)
        kind = question.question
        row: dict[str, Any] = {
            "id": question.id,
            "step": question.step,
            "kind": kind.kind(),
            "ask": question.ask,
            "options": lettered(session, question),
            "unit": kind.unit,
            "points": question.points,
            "help": kind.help(),
            "state": "open",
            "earned": 0.0,
            "tries": 0,
            "answer": None,
            "feedback": "",
            "checklist": None,
            "truth": None,
        }
        if rung is not None and (rung.tries or rung.share or rung.state != "open"):
            settled = rung.settled
            row |= {
                "state": rung.state,
                "earned": round(rung.share * question.points, 1),
                "tries": rung.tries,
                "answer": rung.answer,
                "feedback": rung.feedback,
                "checklist": rung.checklist or None,
                "truth": rung.truth if settled else None,
            }
        rows.append(row)
    return rows


async def answer(session: Session, name: str, given: Any, window: Window | None) -> dict[str, Any]:
    """Grade one answer against this run; UsageError for a malformed one, which costs nothing.

    Answers to one question wait for each other. One that finds on its turn that the same was graded meanwhile is that
    one, sent twice: it costs no try, and is told the same.
    """
    session.require_live()
    question = question_of(session, name)
    tries = session.ledger.rung(name).tries
    itself = question.question.answers_itself
    if itself:
        await steps.settled(session, name)
    async with session.answering[name]:
        session.require_live()
        rung = session.ledger.rung(name)
        if rung.state == "revealed":
            raise Conflict(f"The answer to {name!r} was revealed.", "Go on with the next one: `lab diagnose`")
        if (rung.state == "right" and itself) or (rung.tries > tries and rung.answer == given):
            return _told(session, question)
        if rung.state == "right":
            raise Conflict(f"You have answered {name!r} fully already.", "Go on with the next one: `lab diagnose`")
        run = await run_of(session, question, window)
        grade: Grade = await asyncio.to_thread(question.question.grade, given, run)
        graded.record(session, name, given, grade, free=itself)
        return _told(session, question)


def _told(session: Session, question: Question) -> dict[str, Any]:
    """How the newest answer to a question was graded."""
    rung = session.ledger.rung(question.id)
    return {
        "question": question.id,
        "verdict": rung.verdict,
        "earned": round(rung.share * question.points, 1),
        "of": question.points,
        "feedback": rung.feedback,
        "details": rung.checklist,
        "truth": rung.truth if rung.verdict == "right" else None,
        "score": session.ledger.score(points_of(session)),
        "next": next_open(session),
    }


def next_open(session: Session) -> str | None:
    """The first question on the ladder that has no answer yet."""
    for question in session.file.questions:
        rung = session.ledger.rungs.get(question.id)
        if rung is None or rung.state == "open":
            return str(question.id)
    return None


async def reveal(session: Session, name: str) -> dict[str, Any]:
    """The full explanation of a question, for zero points."""
    session.require_live()
    question = question_of(session, name)
    async with session.answering[name]:
        session.require_live()
        truth = await _truth(session, question)
        if not session.ledger.rung(name).settled:
            session.write("revealed", question=name, truth=truth)
            session.note("reveal", f"Looked up the answer to {graded.called(session, name)}")
    return {"question": name, "truth": truth, "score": session.ledger.score(points_of(session))}


async def _truth(session: Session, question: Question) -> str:
    if question.question.kind() == "mitigation":
        return _all_mitigations(session)
    return await asyncio.to_thread(question.question.truth, await run_of(session, question, None))


async def model_answers(session: Session) -> list[dict[str, Any]]:
    """Every question with its full explanation; Conflict until each has an answer of the learner's own."""
    left = next_open(session)
    if left is not None:
        raise Conflict("The answers open when every question has one of your own.", f"Next: `lab diagnose {left}`")
    found = []
    for question in session.file.questions:
        try:
            truth = await _truth(session, question)
        except UsageError:  # a load test that never ran leaves nothing to measure
            truth = "This was not measured in your run."
        found.append({"id": question.id, "step": question.step, "ask": question.ask, "truth": truth})
    return found


def taken_for(session: Session) -> list[dict[str, str]]:
    """What the learner took for what at first, where and why, of questions that are settled; in the end of all."""
    done = next_open(session) is None
    found = []
    for question in session.file.questions:
        rung = session.ledger.rungs.get(question.id)
        if question.step not in LOOK_ALIKES or rung is None or rung.first is None:
            continue
        if not (done or rung.settled):
            continue
        pair = question.question.taken_for(rung.first, options_of(session, question))
        if pair is not None:
            found.append({"step": question.step, "was": pair[0], "took": pair[1]})
    return found


def _all_mitigations(session: Session) -> str:
    """The right one, or nothing where nothing is wrong, and why the others are not, whatever was tried."""
    works = next((one for one in session.file.mitigations if one.right), None)
    if works is None:
        lines = ["Nothing needed doing, and the answer is: `nothing`."]
    else:
        lines = [f"{works.text}. Apply it with: `lab fix {works.id}`"]
    for one in session.file.mitigations:
        if not one.right:
            lines.append(f"Not “{one.text}”: {one.because_not or one.trade_off}")
    return "\n".join(lines)


def hints(session: Session) -> dict[str, Any]:
    """The hints, texts only of those taken."""
    every = session.file.hints
    taken = session.ledger.hints_taken
    rows = [
        {"n": n + 1, "price": hint.price, "text": hint.text if n < taken else None, "taken": n < taken}
        for n, hint in enumerate(every)
    ]
    return {"hints": rows, "next_price": every[taken].price if taken < len(every) else None}


def take_hint(session: Session, number: int | None = None) -> dict[str, Any]:
    """Take the next hint at its price; one that a `number` names, and that is taken already, costs nothing more."""
    session.require_live()
    taken = session.ledger.hints_taken
    if number is not None and number <= taken:
        return hints(session)
    if taken >= len(session.file.hints):
        raise Conflict("There are no more hints.", "See a full explanation: `lab hint --reveal QUESTION`")
    session.write("hinted", n=taken + 1, price=session.file.hints[taken].price)
    session.note("hint", f"Took hint {taken + 1}")
    return hints(session)


async def run_of(session: Session, question: Question, cited: Window | None) -> Run:
    """What grading may see of this run."""
    windows = session.named_windows()
    if cited is not None:
        windows["cited"] = cited
    rungs = session.ledger.rungs
    explained = [one.id for one in session.file.questions if one.step == "explain"]
    return Run(
        telemetry=session.telemetry,
        windows=windows,
        options=options_of(session, question),
        cites={name: str(details["ref"]) for name, details in session.ledger.cites.items()},
        fix=_fix(session),
        facts=await facts(session),
        now=session.clock.now(),
        received=await asyncio.to_thread(steps.received, session) if steps.asked(session) else None,
        ticked=steps.ticked(session, question.id),
        proven=all(name in rungs and rungs[name].settled for name in explained),
    )


def _fix(session: Session) -> Fix | None:
    tried = session.ledger.fixes_tried
    if not tried:
        return None
    proved = [name for name in tried if any(load["fix"] == name for load in session.ledger.loads)]
    name = session.mitigation or (proved or tried)[-1]
    mitigation = next((one for one in session.file.mitigations if one.id == name), None)
    if mitigation is None:  # an author has taken it out of the file since
        return None
    verdicts = [load["verdict"] for load in session.ledger.loads if load["fix"] == name]
    return Fix(
        id=mitigation.id,
        text=mitigation.text,
        right=mitigation.right,
        works=mitigation.works,
        trade_off=mitigation.trade_off,
        because_not=mitigation.because_not,
        attempts=len(dict.fromkeys(tried)),
        passed=(verdicts[-1] == "passed") if verdicts else None,
        in_force=session.mitigation == name,
    )


async def facts(session: Session) -> dict[str, Fact]:
    """The scenario's named numbers, measured now; those without a value yet are left out."""
    return await asyncio.to_thread(measured, session.file, session.telemetry, session.named_windows())
