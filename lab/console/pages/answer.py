"""Answer: the ladder of questions, each with its own form, instant feedback, hints and their price."""

import asyncio
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from lab.console import exercise
from lab.console.forms import Sent, sent
from lab.console.links import Link
from lab.console.notebook import evidence, measured_windows, window_of_ref
from lab.console.rendering import HEADERS, Parts, fragments, go, page, render, template_named, wants_part
from lab.console.sessions import owner_of, session_of
from lab.core.errors import UsageError
from lab.core.window import Window
from lab.questions.number import Number
from lab.scenario.model import Question
from lab.session import answers, fixes, steps
from lab.session.ledger import RETRY_FACTOR, SETTLED
from lab.session.session import Session
from lab.session.states import ENDED, LIVE

router = APIRouter(include_in_schema=False)
STEPS = {
    "do": "Send these requests",
    "detect": "How big is it, better or worse?",
    "localize": "Where is it?",
    "explain": "Why does it happen?",
    "act": "What do you do?",
    "prove": "Did it help?",
    "communicate": "What do you tell people?",
    "ask": "What do you ask engineering?",
}
REVIEW = {
    "do": "Try it where it hurts nobody",
    "detect": "What will it do?",
    "localize": "To whom?",
    "explain": "What did the trial show?",
    "prove": "Did it hold?",
}
"""Of a plan that is looked at before anything happens."""
ROOMS = {
    "sql": Link("incident/database", "the database"),
    "rehearse": Link("incident/database", "the rehearsal", anchor="rehearsal"),
    "logs": Link("incident/logs", "the logs"),
    "traces": Link("incident/traces", "the traces"),
    "metrics": Link("incident/overview", "the overview"),
}
"""Where a figure is found, by the command that shows it; the command itself would be the answer."""


@router.get("/answer")
async def show(request: Request) -> Response:
    """The whole ladder."""
    session = session_of(request)
    if session.state in ENDED:
        return page(request, "incident/ended.html", room_key="answer")
    context = await ladder(session) if session.state in LIVE else {"rungs": []}
    return page(request, "answer.html", room_key="answer", live_path="answer", **context)


async def ladder(session: Session) -> dict[str, Any]:
    """Every question with its state and template, and what all of them may need."""
    questions = answers.described(session)
    asked = bool(steps.asked(session))
    sends = (await asyncio.to_thread(exercise.shown, session))["questions"] if asked else []
    by_themselves = {one.id for one in session.file.questions if one.question.answers_itself}
    at = next((one["id"] for one in questions if one["state"] == "open"), None)
    return {
        "rungs": [
            rung(one, number)
            | {"current": one["id"] == at, "itself": one["id"] in by_themselves, "room": read_in(asked_for)}
            for number, (one, asked_for) in enumerate(zip(questions, session.file.questions, strict=True), 1)
        ],
        "sends": {one["question"]: one for one in sends},
        "of": len(questions),
        "steps": STEPS | (REVIEW if session.file.shape == "review" else {}),
        "score": session.ledger.score(answers.points_of(session)),
        "hints": answers.hints(session),
        "evidence": evidence(session),
        "windows": measured_windows(session),
        "mitigation": next((one for one in fixes.offered(session) if one["applied"]), None),
        "loads": session.ledger.loads,
        "following": at,
        "run": session.resumes or session.id,
        "notebook": True,
    }


def rung(question: Mapping[str, Any], number: int) -> dict[str, Any]:
    """One question as its template needs it.

    A kind brings `questions/<kind>.html`, the form; without one a plain field serves. What changes by itself while
    one looks (steps that tick off, say) goes into `questions/<kind>.live.html`.
    """
    kind = question["kind"]
    return {
        "question": question,
        "number": number,
        "form": template_named(f"questions/{kind}.html") or "questions/plain.html",
        "live": template_named(f"questions/{kind}.live.html"),
        "settled": question["state"] in SETTLED,
        "next_share": RETRY_FACTOR ** int(question["tries"]),
        "entered": question["answer"],
        "problem": None,
        "fresh": False,
        "itself": False,
    }


def read_in(question: Question) -> Link:
    """The room in which the figure is read that a question asks for."""
    kind = question.question
    name = kind.probe.query().split()[1] if isinstance(kind, Number) else ""
    return ROOMS.get(name, ROOMS["metrics"])


@router.post("/answer/{name}")
async def give(request: Request, name: str) -> Response:
    """Grade an answer; one that is malformed costs nothing and stays in its field."""
    session, form = session_of(request), await sent(request)
    given = given_in(form)
    problem = None
    try:
        await answers.answer(session, name, given, _window(session, form.one("window")))
        await owner_of(request).after_answer(session)
    except UsageError as error:
        problem = {"what": error.what, "hint": error.hint}
    return await _come_of(request, session, name, {"problem": problem, "entered": given, "fresh": problem is None})


def given_in(form: Sent) -> Any:
    """The answer in a form: one text, or a list where the field may have several values."""
    if form.one("several"):
        return form.every("answer")
    return form.one("answer")


def _window(session: Session, name: str) -> Window | None:
    """The span of time an answer was read over: that of a measurement kept as evidence."""
    kept = session.ledger.cites.get(name)
    return window_of_ref(str(kept["ref"])) if kept else None


@router.post("/answer/{name}/reveal")
async def reveal(request: Request, name: str) -> Response:
    """The full answer, for zero points."""
    session = session_of(request)
    await answers.reveal(session, name)
    await owner_of(request).after_answer(session)
    return await _come_of(request, session, name, {"fresh": True})


@router.post("/hints")
async def hint(request: Request, n: int | None = None) -> Response:
    """The next hint at its price; `n` is the one the button named, so that a double click takes one."""
    session = session_of(request)
    answers.take_hint(session, n)
    await owner_of(request).after_answer(session)
    if not wants_part(request):
        return go(request, "answer", anchor="hints")
    context = await ladder(session)
    inside = {"hints": "parts/hints.html", "ladder-score": "parts/score.html"}
    return HTMLResponse(
        fragments({key: render(request, template, **context) for key, template in inside.items()}), headers=HEADERS
    )


async def _come_of(request: Request, session: Session, name: str, with_it: dict[str, Any]) -> Response:
    """The question as it is now, and what changes with it elsewhere on the page."""
    answers.question_of(session, name)
    if not wants_part(request) and with_it.get("problem") is None:
        return go(request, "answer", anchor=f"q-{name}")
    context = await ladder(session)
    changed = next(one for one in context["rungs"] if one["question"]["id"] == name)
    changed |= with_it | {"current": True}
    if not wants_part(request):
        return page(request, "answer.html", room_key="answer", live_path="answer", **context)
    inside = {
        f"q-{name}": render(request, "parts/rung.html", rung=changed, **context),
        "ladder-score": render(request, "parts/score.html", **context),
        "rooms": render(request, "parts/rooms.html", room_key="answer"),
    }
    return HTMLResponse(fragments(inside), headers=HEADERS)


async def watched(session: Session, _query: Mapping[str, str]) -> tuple[dict[str, Any], Parts]:
    """The score, and the parts of questions that change by themselves."""
    if session.state not in LIVE:
        return {"rungs": []}, {"ladder": "parts/ladder.html"}
    context = await ladder(session)
    parts: Parts = {"not-open": "parts/opened.html", "ladder-score": "parts/score.html", "hints": "parts/hints.html"}
    for one in context["rungs"]:
        if one["itself"]:  # it may become answered while one looks, so all of it is kept up to date
            parts[f"q-{one['question']['id']}"] = ("parts/rung.html", {"rung": one})
        elif one["live"] and not one["settled"]:
            parts[f"live-{one['question']['id']}"] = (str(one["live"]), {"rung": one})
    return context, parts
