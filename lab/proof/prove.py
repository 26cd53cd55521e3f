"""One scenario proved: the main lab, and beside it a lab for each mitigation, a few at a time."""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from lab.core.errors import EnvironmentLacks, LabError
from lab.proof.check import Checked, check
from lab.proof.desk import Desk, SessionFailed
from lab.proof.desks import Desks
from lab.proof.main_lab import MainLab
from lab.proof.result import NOT_REACHED, Judged, Proof, Row
from lab.proof.steps import reads, updates
from lab.proof.table import steps_of
from lab.proof.trial import Tried, try_one
from lab.questions.status_update import StatusUpdate
from lab.scenario import Scenario, Variant, draw
from lab.scenario.model import Mitigation

MAIN = "main lab"
AGAIN = "Waiting to try again alone: the processors had more to do than they can"
OF_TRIALS = {"wrong fixes": False, "right fixes": True}
"""Steps that are judged from trials: with mitigations that do not work, and that do."""


class Watcher(Protocol):
    """Whoever watches a proof."""

    def going(self, lab: str, text: str, share: float | None) -> None:
        """What a lab is doing, and how far that is (0 to 1) where it is known; an empty text: it has ended."""
        ...

    def judged(self, step: Judged) -> None:
        """A step has its outcome; told in the table's order."""
        ...


class _InOrder:
    """Hands outcomes on in the table's order, whichever lab was first."""

    def __init__(self, names: Sequence[str], watcher: Watcher) -> None:
        self._names = names
        self._watcher = watcher
        self.known: dict[str, Judged] = {}
        self._told = 0

    def take(self, step: Judged) -> None:
        """Keep an outcome, and tell all that are next."""
        self.known[step.name] = step
        while self._told < len(self._names) and self._names[self._told] in self.known:
            self._watcher.judged(self.known[self._names[self._told]])
            self._told += 1

    def fail(self, error: LabError) -> None:
        """The main lab could not go on: that is the outcome of the step it was at."""
        at = next((name for name in self._names if name not in self.known and name not in OF_TRIALS), None)
        if at is not None:
            row = Row("the proof", "could not go on", "to go on", False, f"{error.what} {error.hint}")
            self.take(Judged.of(at, [row]))

    def close(self) -> list[Judged]:
        """All outcomes; a step that has none was not reached."""
        for name in self._names:
            if name not in self.known:
                self.take(Judged(name, state=NOT_REACHED))
        return [self.known[name] for name in self._names]


async def prove(
    scenario: Scenario, seed: int, desks: Desks, watcher: Watcher, commands: frozenset[str] = frozenset()
) -> Proof:
    """Prove one scenario with one seed. EnvironmentLacks when the machine, not the scenario, is at fault.

    `commands` are those of `lab`: a text may name no other.
    """
    began = time.monotonic()
    variant = draw(scenario, seed)
    names = [step.name for step in steps_of(scenario)]
    steps = _InOrder(names, watcher)
    proof = Proof(scenario.id, variant.file.title, variant.file.shape, str(scenario.path), seed)
    opening = asyncio.create_task(desks.prepare(1))  # it takes a moment, and so does reading
    try:
        checked = await asyncio.to_thread(check, scenario.path, desks.cache, commands)
        _read(variant, checked, steps)
    finally:
        await opening
    if steps.known["reads"].ok:
        proof.answers = await _live(variant, frozenset(names), desks, steps, watcher, proof.again)
    proof.steps = steps.close()
    proof.seconds = time.monotonic() - began
    return proof


def _read(variant: Variant, checked: Checked, steps: _InOrder) -> None:
    began = time.monotonic()
    steps.take(Judged.of("reads", reads.judge(checked.problems, checked.words, checked.reading_minutes)))
    samples = variant.scenario.updates
    if samples is not None:
        for question in variant.file.questions:
            if isinstance(question.question, StatusUpdate):
                rows = updates.judge(samples)
                steps.take(Judged.of("updates", rows, time.monotonic() - began))


async def _live(
    variant: Variant, applies: frozenset[str], desks: Desks, steps: _InOrder, watcher: Watcher, again: list[str]
) -> dict[str, str]:
    """Everything that needs a lab; returns the right numbers of this run. Labs that run twice are noted in `again`."""
    trials = [one for one in variant.file.mitigations if variant.file.shape != "control"]
    opened = asyncio.Event()
    main = asyncio.create_task(_main(variant, applies, desks, steps, watcher, opened, again))
    # while the main lab records a healthy time there is little to do
    ready = asyncio.create_task(desks.prepare(1 + len(trials)))
    tried: list[asyncio.Task[Tried]] = []
    try:
        await _first(opened, main)
        if opened.is_set() and not main.done():
            # the longest first: with right ones at the end, labs would stand idle
            order = sorted(trials, key=lambda one: not one.works)
            tried = [asyncio.create_task(_trial(variant, one, desks, watcher, again)) for one in order]
        answers = await main
        await ready
        seen = steps.known.get("symptoms")
        if seen is not None and not seen.ok:
            await _cancelled(tried)  # what was never seen broken cannot be shown to be fixed
            return answers
        results = {one.mitigation: one for one in await asyncio.gather(*tried)}
    except BaseException:
        await _cancelled([main, ready, *tried])
        raise
    for name, works in OF_TRIALS.items():
        mine = [results[one.id] for one in trials if one.works is works and one.id in results]
        if name in applies and mine:
            steps.take(Judged.of(name, [row for one in mine for row in one.rows]))
    for one in results.values():
        if next(known for known in trials if known.id == one.mitigation).right:
            answers |= one.answers
    return answers


async def _cancelled(tasks: Sequence["asyncio.Task[Any]"]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _first(opened: asyncio.Event, main: "asyncio.Task[dict[str, str]]") -> None:
    """Until it is broken, or the main lab ended before that."""
    waiting = asyncio.create_task(opened.wait())
    await asyncio.wait([waiting, main], return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()


async def _main(
    variant: Variant,
    applies: frozenset[str],
    desks: Desks,
    steps: _InOrder,
    watcher: Watcher,
    opened: asyncio.Event,
    again: list[str],
) -> dict[str, str]:
    """The main lab. What failed while the processors were strained is no outcome: it is seen again, alone."""
    began = desks.processors.now
    doubted: list[Judged] = []

    def told(step: Judged) -> None:
        if step.ok or not desks.processors.strained(began):
            steps.take(step)
        else:
            doubted.append(step)

    def missing(step: Judged) -> None:
        if step.name not in steps.known:
            steps.take(step)

    lab, error = await _run(desks.one(), variant, applies, watcher, told, opened)
    if doubted or (error is not None and desks.processors.strained(began)):
        again.append(MAIN)
        watcher.going(MAIN, AGAIN, None)
        lab, error = await _run(desks.one(alone=True), variant, applies, watcher, missing, opened)
    if error is not None and not isinstance(error, SessionFailed):
        steps.fail(error)
    return lab.answers


async def _run(
    place: AbstractAsyncContextManager[Desk],
    variant: Variant,
    applies: frozenset[str],
    watcher: Watcher,
    told: Callable[[Judged], None],
    opened: asyncio.Event,
) -> tuple[MainLab, LabError | None]:
    async with place as desk:
        lab = MainLab(desk, variant, applies, told=told, going=_going(watcher, MAIN), broken=opened)
        try:
            await lab.run()
        except EnvironmentLacks:
            raise
        except LabError as error:
            return lab, error
        finally:
            watcher.going(MAIN, "", None)
        return lab, None


async def _trial(variant: Variant, mitigation: Mitigation, desks: Desks, watcher: Watcher, again: list[str]) -> Tried:
    """A trial; what failed while the processors were strained is tried again, alone."""
    began = desks.processors.now
    going = _going(watcher, mitigation.id)
    try:
        async with desks.one() as desk:
            tried = await try_one(desk, variant, mitigation, going)
        if not tried.ok and desks.processors.strained(began):
            again.append(mitigation.id)
            going(AGAIN, None)
            async with desks.one(alone=True) as desk:
                tried = await try_one(desk, variant, mitigation, going)
        return tried
    finally:
        going("", None)


def _going(watcher: Watcher, lab: str) -> Callable[[str, float | None], None]:
    return lambda text, share: watcher.going(lab, text, share)
