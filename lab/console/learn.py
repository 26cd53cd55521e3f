"""Routes for answering: questions, hints, citations, mitigations, load tests, report and debrief."""

import asyncio
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel, ConfigDict, Field

from lab.console.sessions import owner_of, session_of
from lab.console.shop import up
from lab.console.windows import window_of
from lab.core.errors import UsageError
from lab.core.window import Window
from lab.load.export import locustfile
from lab.session import answers, cites, customers, fixes, offline, rehearsal, report, verdict

router = APIRouter(prefix="/api", tags=["learn"])


class Body(BaseModel):
    """Base of request bodies: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class Answer(Body):
    """An answer to one question; `window` is the span of time a number or trend was read over."""

    question: str
    answer: Any = None
    window: Annotated[tuple[float, float] | None, Field(description="Unix seconds")] = None
    evidence: Annotated[list[str] | None, Field(description="Citations such as E1, or records such as log:123")] = None


class Cite(Body):
    """A record (`ref`), or a probe over a window, to keep as evidence."""

    ref: str | None = None
    probe: dict[str, Any] | None = None
    since: str | float | None = None
    until: str | float | None = None
    note: Annotated[str, Field(max_length=500)] = ""


class HintRequest(Body):
    """Nothing: the next hint. With `reveal`: the full explanation of that question."""

    reveal: str | None = None


class Pick(Body):
    """A mitigation to apply."""

    id: str


@router.get("/questions")
async def questions(request: Request) -> list[dict[str, Any]]:
    """The ladder of questions with what was answered so far."""
    session = session_of(request)
    session.require_begun()
    return answers.described(session)


@router.post("/answers")
async def answer(request: Request, body: Answer) -> dict[str, Any]:
    """Grade one answer against this run."""
    session = session_of(request)
    window = None
    if body.window is not None:
        if body.window[1] <= body.window[0]:
            raise UsageError("The window ends before it begins.", "Give an earlier start.")
        window = Window(*body.window)
    given = body.answer if body.answer is not None else body.evidence
    graded = await answers.answer(session, body.question, given, window)
    await owner_of(request).after_answer(session)
    return graded


@router.get("/cites")
async def kept(request: Request) -> list[dict[str, Any]]:
    """The evidence kept so far."""
    return [
        {"id": name, "ref": one["ref"], "summary": one["summary"], "note": one["note"], "time_s": one["at"]}
        for name, one in session_of(request).ledger.cites.items()
    ]


@router.post("/cites", status_code=201)
async def keep(request: Request, body: Cite) -> dict[str, Any]:
    """Keep a log record, a trace or a measurement as evidence."""
    session = session_of(request)
    if (body.ref is None) == (body.probe is None):
        raise UsageError("Cite either a record or a measurement.", "Give `ref`, or `probe` with `since` and `until`.")
    if body.ref is not None:
        return await cites.cite(session, body.ref, body.note)
    since, until = (None if one is None else str(one) for one in (body.since, body.until))
    return await cites.cite_probe(session, body.probe, window_of(session, since, until, "incident"), body.note)


@router.delete("/cites/{name}")
async def drop(request: Request, name: str) -> dict[str, Any]:
    """Drop a citation."""
    cites.uncite(session_of(request), name)
    return {"removed": name}


@router.get("/terms")
async def terms() -> list[str]:
    """Every explained term."""
    return await asyncio.to_thread(offline.terms)


@router.get("/terms/{name}")
async def term(name: str) -> dict[str, Any]:
    """One term explained."""
    return await asyncio.to_thread(offline.term, name)


@router.get("/hints")
async def hints(request: Request) -> dict[str, Any]:
    """The hints and what they cost."""
    return answers.hints(session_of(request))


@router.post("/hints")
async def hint(request: Request, body: HintRequest) -> dict[str, Any]:
    """Take the next hint, or reveal a question."""
    session = session_of(request)
    given = await answers.reveal(session, body.reveal) if body.reveal else answers.take_hint(session)
    await owner_of(request).after_answer(session)
    return given


@router.get("/mitigations")
async def mitigations(request: Request) -> list[dict[str, Any]]:
    """What could be done about it."""
    session = session_of(request)
    session.require_begun()
    return fixes.offered(session)


@router.post("/mitigations")
async def fix(request: Request, body: Pick) -> dict[str, Any]:
    """Apply a mitigation to the live system."""
    return await fixes.apply(session_of(request), body.id)


@router.delete("/mitigations")
async def unfix(request: Request) -> dict[str, Any]:
    """Take the mitigation back."""
    return await fixes.undo(session_of(request))


@router.post("/load", status_code=202)
async def start_load(request: Request) -> dict[str, Any]:
    """Start the load test."""
    session = session_of(request)
    test = await verdict.start(session, owner_of(request).after_answer)
    return test.shown(session.clock.now())


@router.get("/load")
async def load(request: Request) -> dict[str, Any]:
    """The newest load test: progress, or result."""
    return verdict.shown(session_of(request))


@router.get("/rehearsal")
async def rehearsed(request: Request) -> dict[str, Any]:
    """What the newest rehearsal of the lesson's migration did; `state` is `none` or `done`."""
    return rehearsal.shown(session_of(request))


@router.post("/rehearsal")
async def rehearse(request: Request) -> dict[str, Any]:
    """Run the lesson's migration as written on a copy of the database; the answer comes when it is done."""
    return await rehearsal.rehearse(session_of(request))


@router.get("/report")
async def whole_report(request: Request) -> dict[str, Any]:
    """The report so far; of a session that has ended, the one that was kept."""
    session = session_of(request)
    kept = await asyncio.to_thread(report.kept, session)
    data = kept["data"] if kept is not None else await asyncio.to_thread(report.data, session)
    return {"markdown": report.markdown(data), "data": data}


@router.get("/debrief")
async def debrief(request: Request) -> dict[str, Any]:
    """The debrief and the model answers, once every question has an answer."""
    session = session_of(request)
    kept = await asyncio.to_thread(report.kept, session)
    if kept is not None and kept["debrief"] is not None:
        return {"markdown": kept["debrief"], "answers": kept["answers"]}
    return {
        "markdown": await report.debrief_with_numbers(session),
        "answers": await answers.model_answers(session),
    }


@router.get("/export/locust", response_class=PlainTextResponse)
async def export_locust(request: Request) -> str:
    """The scenario's load test as a locustfile that runs on its own."""
    session = up(session_of(request))
    return locustfile(replace(customers.load_test(session, 0), host=session.runtime.addresses["gateway"]))
