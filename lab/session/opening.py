"""From nothing to an open incident: system up, healthy baseline, faults, and the symptoms that were promised."""

import asyncio

from lab.core.errors import LabError, ScenarioError
from lab.core.window import Window
from lab.load.run import Traffic
from lab.probes import Probe
from lab.session import customers
from lab.session.session import SETTLE_S, Session, Step
from lab.session.states import State

POLL_S = 0.5
WARM_S = 1.5
SYMPTOM_WINDOW_S = 5.0
"""Symptoms are judged over at least this long, and at most twice it, so that a blip is not taken for them."""


def steps_of(services: dict[str, str]) -> list[Step]:
    """The lines shown while starting, in order; `services` maps name → what it is."""
    return [
        Step("database", "Preparing the shop's database"),
        *(Step(name, f"Starting {title}") for name, title in services.items()),
        Step("network", "Connecting them"),
        Step("traffic", "Opening the doors to customers"),
        Step("baseline", "Recording a healthy baseline"),
        Step("incident", "Waiting for something to happen"),
    ]


def mark(session: Session, name: str, state: str) -> None:
    """Move one start-up step on."""
    for step in session.steps:
        if step.name == name:
            now = session.clock.now()
            if state == "running" and step.started_s is None:
                step.started_s = now
            if state in ("done", "failed") and step.started_s is not None:
                step.seconds = round(now - step.started_s, 2)
            step.state = state  # type: ignore[assignment]  # callers pass one of the four words
    session.on_change()


async def open_incident(session: Session) -> None:
    """From a running system to the open incident; LabError when a part of it does not work."""
    await session.changes.apply_all(session.file.setup, "setup")
    mark(session, "traffic", "running")
    session.system.customers = await Traffic(customers.background(session), session.launcher).start()
    mark(session, "traffic", "done")
    session.go(State.BASELINE)
    mark(session, "baseline", "running")
    await asyncio.sleep(WARM_S)
    start = session.clock.now()
    await asyncio.sleep(session.windows.baseline)
    session.moments.baseline = baseline = Window(start, session.clock.now())
    session.store.pin(baseline)
    await _refuse_sick_baseline(session, baseline)
    mark(session, "baseline", "done")
    mark(session, "incident", "running")
    session.go(State.BREAKING)
    await _break(session)
    await _symptoms(session)
    session.moments.open_at = session.clock.now()
    mark(session, "incident", "done")
    session.note("pager", "The pager message arrived")
    session.go(State.OPEN)


async def _refuse_sick_baseline(session: Session, baseline: Window) -> None:
    for probe in session.file.symptoms:
        value = await _measure(session, probe, baseline)
        if probe.holds(value):
            raise ScenarioError(
                f"The system was not healthy before the fault: {probe.describe()} was {probe.say(value)}.",
                f"This machine may be very busy. Close other programs, then: `lab start {session.variant.scenario.id}`",
            )


async def _break(session: Session) -> None:
    began = session.clock.now()
    session.moments.broken_at = began
    for fault in sorted(session.file.faults, key=lambda one: one.at):
        await asyncio.sleep(max(0.0, began + fault.at - session.clock.now()))
        await session.changes.apply(fault, "fault")
    session.moments.broken_at = session.clock.now() if all(not one.at for one in session.file.faults) else began


async def _symptoms(session: Session) -> None:
    """Wait until every symptom holds in two looks in a row; ScenarioError with what was seen if that never happens."""
    broken_at = session.moments.broken_at or session.clock.now()
    deadline = broken_at + session.windows.symptoms
    in_a_row = 0
    while True:
        await asyncio.sleep(POLL_S)
        now = session.clock.now()
        window = Window(max(broken_at + SETTLE_S, now - 2 * SYMPTOM_WINDOW_S), now)
        seen = [(probe, await _measure(session, probe, window)) for probe in session.file.symptoms]
        held = window.seconds >= SYMPTOM_WINDOW_S and all(probe.holds(value) for probe, value in seen)
        in_a_row = in_a_row + 1 if held else 0
        if in_a_row >= 2:
            session.store.pin(Window(broken_at, now))
            return
        if now > deadline:
            missing = [f"{probe.describe()} was {probe.say(value)}" for probe, value in seen if not probe.holds(value)]
            raise ScenarioError(
                f"The incident did not show itself within {session.windows.symptoms:.0f} s: {'; '.join(missing)}.",
                f"This machine may be too busy for it. Try once more: `lab start {session.variant.scenario.id}`",
            )


async def _measure(session: Session, probe: Probe, window: Window) -> float:
    return await asyncio.to_thread(probe.measure, session.telemetry, window)


async def fail(session: Session, error: LabError) -> None:
    """End a session that cannot go on; its error stays to be read."""
    for step in session.steps:
        if step.state == "running":
            mark(session, step.name, "failed")
    session.error = error
    session.go(State.FAILED)
