"""From nothing to an open lesson: system up, healthy baseline, faults, and the symptoms that were promised."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lab.changes.traffic import Traffic as MoreCustomers
from lab.core.errors import LabError, ScenarioError
from lab.core.window import Window
from lab.load.run import Traffic
from lab.probes import Probe
from lab.scenario import ScenarioFile
from lab.session import customers
from lab.session.restore import snapshot
from lab.session.session import SETTLE_S, Session, Step, WindowsName
from lab.session.states import State


@dataclass(frozen=True, slots=True)
class Patience:
    """How symptoms are looked for: over `window_s` at least and twice that at most, in `looks` looks in a row."""

    warm_s: float
    window_s: float
    looks: int
    poll_s: float
    settle_s: float = SETTLE_S

    @property
    def least_s(self) -> float:
        """How long after the faults the symptoms can hold at the earliest."""
        return self.settle_s + self.window_s + self.looks * self.poll_s


PATIENCE: Mapping[WindowsName, Patience] = {
    "learn": Patience(warm_s=1.5, window_s=5.0, looks=2, poll_s=0.5),
    "prove": Patience(warm_s=1.5, window_s=3.5, looks=2, poll_s=0.25),
    "trial": Patience(warm_s=0.2, window_s=1.0, looks=1, poll_s=0.2, settle_s=0.3),
}
"""A blip is not taken for a symptom, and a trial, whose scenario was proved before, need not wait so long."""

GROWS_BY = 1.6
GROWS_AFTER_S = 6.0
"""A shop that is to be overwhelmed needs some seconds until its queues are long."""


def steps_of(services: Sequence[str], file: ScenarioFile) -> list[Step]:
    """The lines shown while starting, in order."""
    steps = [
        Step("database", "Preparing the shop's database"),
        *(Step(name, f"Starting {name}") for name in services),
        Step("network", "Setting up the network between services"),
        Step("traffic", "Opening the doors to customers"),
        Step("baseline", "Recording a healthy baseline" if file.windows.learn.baseline else "Letting them warm up"),
    ]
    return [*steps, Step("incident", "Waiting for something to happen")] if _waits(file) else steps


def _waits(file: ScenarioFile) -> bool:
    """A control has nothing to wait for; it waits all the same, so that its first minute does not tell it apart."""
    return bool(file.faults) or file.shape == "control"


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


async def open_story(session: Session) -> None:
    """From a running system to the open lesson; LabError when a part of it does not work."""
    await session.changes.apply_all(session.file.setup, "setup")
    mark(session, "traffic", "running")
    session.system.customers = await Traffic(customers.background(session), session.launcher).start()
    mark(session, "traffic", "done")
    session.go(State.BASELINE)
    await _baseline(session)
    if session.windows_name != "learn":
        session.healthy = await snapshot(session)
    if _waits(session.file):
        mark(session, "incident", "running")
        session.go(State.BREAKING)
        await (_break(session) if session.file.faults else _pretend(session))
    now = session.clock.now()
    session.moments.open_at = now
    if session.moments.broken_at is None:
        session.moments.broken_at = now  # nothing breaks: the story begins with the message
    mark(session, "incident", "done")
    if session.file.pager is not None:
        session.note("pager", "The pager message arrived")
    session.go(State.OPEN)


async def _baseline(session: Session) -> None:
    mark(session, "baseline", "running")
    await asyncio.sleep(PATIENCE[session.windows_name].warm_s)
    if session.windows.baseline:
        start = session.clock.now()
        await asyncio.sleep(session.windows.baseline)
        session.moments.baseline = baseline = Window(start, session.clock.now())
        session.store.pin(baseline)
        await _refuse_sick_baseline(session, baseline)
    mark(session, "baseline", "done")


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
        await asyncio.sleep(max(0.0, began + fault.at * session.windows.faults - session.clock.now()))
        await session.changes.apply(fault, "fault")
    session.moments.broken_at = session.clock.now() if all(not one.at for one in session.file.faults) else began
    await _symptoms(session)


async def _pretend(session: Session) -> None:
    """A control's first minute: its windows, too, are those of an incident."""
    session.moments.broken_at = session.clock.now()
    await asyncio.sleep(PATIENCE[session.windows_name].least_s)


async def _symptoms(session: Session) -> None:
    """Wait until every symptom holds; ScenarioError with what was seen if that never happens."""
    patience = PATIENCE[session.windows_name]
    since = session.clock.now()  # with the last fault: what an earlier one does alone is not what was promised
    deadline = since + session.windows.symptoms
    grown_at, most = since, _most_of_a_crowd(session.file)
    in_a_row = 0
    while True:
        await asyncio.sleep(patience.poll_s)
        now = session.clock.now()
        window = Window(max(grown_at + patience.settle_s, now - 2 * patience.window_s), now)
        seen = [(probe, await _measure(session, probe, window)) for probe in session.file.symptoms]
        held = window.seconds >= patience.window_s and all(probe.holds(value) for probe, value in seen)
        may_grow = session.crowd < most and now < deadline
        if may_grow and held:  # nor is it left at the edge: another time it might not show
            held = all(probe.clearance(value) >= probe.margin for probe, value in seen)
        in_a_row = in_a_row + 1 if held else 0
        if may_grow and not held and now - grown_at >= GROWS_AFTER_S:
            await _grow(session, most)
            grown_at = now
        if in_a_row >= patience.looks:
            session.store.pin(Window(session.moments.broken_at or since, now))
            return
        if now > deadline and not held:
            missing = [f"{probe.describe()} was {probe.say(value)}" for probe, value in seen if not probe.holds(value)]
            raise ScenarioError(
                f"The incident did not show itself within {session.windows.symptoms:.0f} s: {'; '.join(missing)}.",
                f"This machine may be too busy for it. Try once more: `lab start {session.variant.scenario.id}`",
            )


def _most_of_a_crowd(file: ScenarioFile) -> float:
    return max((fault.up_to for fault in file.faults if isinstance(fault, MoreCustomers)), default=1.0)


async def _grow(session: Session, most: float) -> None:
    """More customers, so that a machine that is faster than others has as much to do as they."""
    crowd = min(session.crowd * GROWS_BY, most)
    users = (await session.system.traffic())["users"]
    await session.system.set_traffic({"users": round(users * crowd / session.crowd)})
    session.crowd = crowd


async def _measure(session: Session, probe: Probe, window: Window) -> float:
    return await asyncio.to_thread(probe.measure, session.telemetry, window)


async def fail(session: Session, error: LabError) -> None:
    """End a session that cannot go on; its error stays to be read."""
    for step in session.steps:
        if step.state == "running":
            mark(session, step.name, "failed")
    session.error = error
    try:
        session.go(State.FAILED)
        session.journal.write("closed", how="failed")
    except LabError:  # a disk that is full takes no journal either
        session.state = State.FAILED
