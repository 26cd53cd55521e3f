"""The load test and its verdict: the same customers again, judged by what got done for them."""

import asyncio
import contextlib
import math
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from lab.core.errors import Conflict, LabError
from lab.core.window import Window
from lab.load.profile import Profile
from lab.load.run import LoadRun, Result
from lab.session import counting, customers, planned
from lab.session.session import Session
from lab.session.states import State
from lab.telemetry import Scope

DRAIN_LOOK_S = 1.0
"""Longer than telemetry takes to arrive."""


@dataclass
class LoadTest:
    """One load test, running or done."""

    number: int
    seconds: float
    started_s: float
    fix: str | None
    state: str = "running"
    live: dict[str, Any] = field(default_factory=dict)
    result: dict[str, Any] | None = None
    error: LabError | None = None
    task: asyncio.Task[None] | None = None

    def shown(self, now: float) -> dict[str, Any]:
        """The shape GET /api/load answers."""
        elapsed = max(0.0, now - self.started_s)
        row: dict[str, Any] = {
            "number": self.number,
            "state": self.state,
            "fix": self.fix,
            "seconds": round(self.seconds, 1),
            "elapsed_s": round(min(elapsed, self.seconds), 1),
            "progress": 1.0 if self.state != "running" else min(0.99, elapsed / self.seconds),
            "live": self.live,
            "verdict": None,
        }
        if self.error is not None:
            row |= {"error": {"what": self.error.what, "hint": self.error.hint}}
        return row | (self.result or {})


def shown(session: Session) -> dict[str, Any]:
    """The newest load test, or that there is none."""
    if session.load_test is None:
        return {"state": "none", "progress": 0.0, "verdict": None}
    return session.load_test.shown(session.clock.now())


Then = Callable[[Session], Awaitable[None]]
"""What is done once a load test has a verdict."""


async def start(session: Session, then: Then | None = None) -> LoadTest:
    """Begin a load test in the background; Conflict when one runs."""
    session.require_live()
    if session.busy.locked():
        raise Conflict("A load test or another change is under way.", "Watch it: `lab load`")
    planned.require_choice(session)
    number = len(session.ledger.loads) + 1
    profile = customers.load_test(session, number)
    await session.busy.acquire()
    seconds = profile.seconds + customers.load_of(session).drain
    test = LoadTest(number, seconds, session.clock.now(), session.mitigation)
    before = session.state
    session.load_test = test
    session.go(State.LOADING)
    session.note("load", f"Load test {number} started")
    test.task = asyncio.create_task(_run(session, test, profile, before, then))
    return test


async def cancel(session: Session) -> None:
    """End the load test under way, if there is one, without a verdict."""
    test = session.load_test
    if test is not None and test.task is not None and not test.task.done():
        test.task.cancel()
        await asyncio.gather(test.task, return_exceptions=True)


async def _run(session: Session, test: LoadTest, profile: Profile, before: State, then: Then | None) -> None:
    after = State.MITIGATED if before is State.DONE and session.mitigation else before
    try:
        test.result = await _measure(session, test, profile)
        session.write("loaded", **test.result, fix=test.fix, number=test.number)
        session.note("load", f"Load test {test.number}: {test.result['verdict']}")
        test.state = "done"
        if test.result["verdict"] == "passed":
            after = State.DONE
    except LabError as error:
        test.state, test.error = "failed", error
    except asyncio.CancelledError:
        test.state = "cancelled"
        raise
    finally:
        session.busy.release()
        if session.state is State.LOADING:
            session.go(State.MITIGATED if after is State.BREAKING else after)
    if then is not None and test.state == "done":
        with contextlib.suppress(LabError):  # the verdict stands, whether or not it can be noted down elsewhere
            await then(session)


async def _measure(session: Session, test: LoadTest, profile: Profile) -> dict[str, Any]:
    incident = session.window("incident")
    # the test replaces the background customers: the same story, told by the same seed
    background, earlier = await session.system.traffic(), session.moments.load
    warm_up = customers.load_of(session).warm_up
    run, plan = LoadRun(profile, session.launcher), planned.Plan(session)
    waiting: asyncio.Task[Result] | None = None
    try:
        await plan.begin_anew()
        await run.start()
        # both ways without a gap: what only a crowd keeps going would end in it by itself
        await session.system.set_traffic({"users": 0})
        test.started_s = began = session.clock.now()
        ends, back = began + profile.seconds, False
        # reading telemetry while it runs shows the load test, not the incident
        session.moments.load, session.moments.earlier_load = Window(began + warm_up, began + test.seconds), earlier
        session.moments.first_load_at = session.moments.first_load_at or began
        plan.start(began)
        waiting = asyncio.create_task(run.wait())
        while not waiting.done():
            test.live = {} if run.last is None else asdict(run.last)
            if not back and session.clock.now() >= ends:
                await session.system.set_traffic(background)
                back = True
            await asyncio.wait([waiting], timeout=0.5)
        locust = waiting.result()
        await plan.done()
        now = session.clock.now()
        # the database is counted when all is done
        ended = now if counting.asked(session.file) else min(ends, now)
        session.moments.load = measured = Window(began + warm_up, ended)
        await _drained(session, measured, ends + customers.load_of(session).drain)
    except BaseException:
        session.moments.load = earlier  # what was not measured to its end is no window to ask about
        raise
    finally:
        if waiting is not None:
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
        await run.cancel()
        await plan.cancel()
        with contextlib.suppress(LabError):
            await session.system.set_traffic(background)
    session.store.pin(measured)
    return await asyncio.to_thread(_judge, session, measured, incident, locust)


async def _drained(session: Session, measured: Window, until: float) -> None:
    """Let accepted work be finished, since goodput counts it: until none is left, or it is that late."""
    while True:
        await asyncio.sleep(DRAIN_LOOK_S)
        if session.clock.now() >= until or await asyncio.to_thread(session.telemetry.promised, measured) == 0:
            return


def _judge(session: Session, measured: Window, incident: Window | None, locust: Result) -> dict[str, Any]:
    slos = []
    for probe in session.file.slo:
        value = probe.measure(session.telemetry, measured)
        slos.append(
            {
                "text": probe.describe(),
                "bound": probe.say_bound(),
                "value": None if math.isnan(value) else value,
                "said": probe.say(value),
                "ok": probe.holds(value),
                "query": probe.query(),
            }
        )
    passed = all(slo["ok"] for slo in slos)
    missed = [f"{slo['text']} was {slo['said']}, and must be {slo['bound']}" for slo in slos if not slo["ok"]]
    return {
        "verdict": "passed" if passed else "failed",
        "slos": slos,
        "before": _figures(session, incident) if incident is not None else None,
        "after": _figures(session, measured),
        "window": [measured.start_s, measured.end_s],
        "files": dict(locust.files),
        "why": _why(session, passed, missed),
    }


def _figures(session: Session, window: Window) -> dict[str, Any]:
    """What before and after are compared by: all from the same queries."""
    red = session.telemetry.red(Scope(service="gateway"), window)
    business = session.telemetry.business(window)
    return {
        "requests": red.requests,
        "rate": red.rate_rps,
        "error_share": red.error_share,
        "p50": _number(red.p50_ms),
        "p95": _number(red.p95_ms),
        "p99": _number(red.p99_ms),
        "attempts": business.attempts,
        "paid": business.paid,
        "paid_per_min": business.paid / window.seconds * 60 if window.seconds else 0.0,
        "lost": business.lost,
        "longest_wait_s": round(business.longest_wait_s, 2),
    }


def _number(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 1)


def _why(session: Session, passed: bool, missed: list[str]) -> str:
    mitigation = next((one for one in session.file.mitigations if one.id == session.mitigation), None)
    if passed:
        text = "Every objective was met under the same load."
        if mitigation is not None and mitigation.trade_off:
            text += f" But: {mitigation.trade_off}"
        return text
    text = "; ".join(missed) + "."
    if mitigation is None:
        return f"Nothing was changed, so the load broke the shop again: {text}"
    return f"{text} {mitigation.because_not or ''}".strip()
