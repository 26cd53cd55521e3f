"""The main lab of a proof: from a healthy shop to a broken one, answered, load tested, taken back, stopped."""

import asyncio
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from lab.core.window import Window
from lab.proof import pages
from lab.proof.desk import Desk, SessionFailed
from lab.proof.look import ConsoleLook
from lab.proof.recorded import recorded
from lab.proof.result import Judged, Row
from lab.proof.steps import baseline, evidence, faults, fixes, guessing, leaks, revert, solver, stop, symptoms, wrong
from lab.scenario import Variant
from lab.scenario.model import Question
from lab.session.session import SETTLE_S

RESTORED_S = 4.0
"""How long the shop is watched once everything was taken back."""
LOOK_S = 4.0
"""So long at least the story must have gone on before questions about it are answered."""
AGAIN_S = 2.0
ARRIVES_S = 1.0
"""After so long the telemetry of a window has come in."""
Told = Callable[[Judged], None]
Going = Callable[[str, float | None], None]


class MainLab:
    """One run. Each step that applies is told as soon as it is judged."""

    def __init__(
        self,
        desk: Desk,
        variant: Variant,
        applies: frozenset[str],
        told: Told,
        going: Going,
        broken: asyncio.Event,
    ) -> None:
        self._desk = desk
        self._variant = variant
        self._file = variant.file
        self._applies = applies
        self._told = told
        self._going = going
        self._look = ConsoleLook(desk.console, variant.file)
        self._since = time.monotonic()
        self._surfaces: list[leaks.Surface] = []
        self._lesson_pages: list[leaks.Surface] = []
        self._answered: list[solver.Answered] = []
        self._later: list[Question] = []
        self._plan = next((one.id for one in self._file.mitigations if one.right and one.during_load), None)
        self.answers: dict[str, str] = {}
        self.broken = broken
        """Set when the healthy time is recorded: from then on other labs may share the machine."""

    async def run(self) -> None:
        """From start to stop; SessionFailed and other LabErrors when it cannot go on."""
        self._since = time.monotonic()
        session = await self._open()
        await self._look_around(session)
        await self._answer()
        if "nothing" in self._applies:
            await self._nothing()
        elif self._plan is not None:
            await self._carry_out(self._plan)
        recording = asyncio.create_task(self._on_record())
        try:
            if self._file.faults or self._plan is not None:
                await self._restore()
        finally:
            await recording
        await self._stop(session)

    def _judge(self, name: str, rows: list[Row]) -> None:
        now = time.monotonic()
        if name in self._applies:
            self._told(Judged.of(name, rows, now - self._since))
        self._since = now

    async def _open(self) -> dict[str, Any]:
        """Until the message has come. What was healthy before is read then: nothing can be cited earlier."""
        try:
            path, seed = self._variant.scenario.path, self._variant.seed
            session = await self._desk.open(path, seed, "prove", self._going, self.broken.set)
        except SessionFailed as failed:
            if failed.step == "baseline":
                self._judge("quiet", [Row("the baseline", "is sick", "healthy", False, f"{failed.what} {failed.hint}")])
            if failed.step == "incident":
                self._judge("symptoms", symptoms.never(failed.what))
            raise
        if session["windows"]["baseline"]:
            window = Window(*session["windows"]["baseline"])
            seen = await self._thread(baseline.observe, self._look, self._file.slo, self._file.symptoms, window)
            self._judge("baseline", baseline.judge(seen))
            self._judge("quiet", baseline.judge_quiet(seen))
        entries = await self._thread(self._desk.journal, session["id"])
        self._judge("faults", faults.judge(entries, len(self._file.faults)))
        return session

    async def _look_around(self, session: dict[str, Any]) -> None:
        """What can be seen before anything was answered."""
        self._going("Looking around", None)
        console = self._desk.console
        self._surfaces += await self._thread(self._desk.surfaces)
        self._surfaces += await self._thread(pages.shop, console)
        self._lesson_pages = await self._thread(pages.lesson, console)
        if self._file.shape == "control":
            end = session["now"] + RESTORED_S
            await self._wait_until(end + ARRIVES_S)
            window = Window(self._look.window("incident").start_s, end)
            seen = await self._thread(baseline.observe, self._look, self._file.slo, (), window)
            self._judge("calm", baseline.judge(seen))

    async def _answer(self) -> None:
        """The questions that can be answered while it is broken; all of them when no fix is to be asked about."""
        session = await self._desk.get("/api/session")
        # where nothing breaks it opens at once; half a look is no look
        await self._wait_until(session["windows"]["incident"][0] + LOOK_S)
        if self._file.rehearsal is not None:
            await self._rehearse()
        window = self._look.window("incident")
        # where nothing breaks, what is accepted may well be there all along
        before = session["windows"]["baseline"] if self._file.faults else None
        found = await self._thread(
            evidence.observe, self._look, self._file, window, Window(*before) if before else None
        )
        self._judge("evidence", evidence.judge(found))
        self._going("Answering the questions", None)
        now, later = solver.split(self._file)
        fixable = any(one.works for one in self._file.mitigations)
        self._later = [] if fixable else later
        if "nothing" not in self._applies:
            now, self._later = now + self._later, []
        self._answered = await self._thread(solver.solve, self._look, now)
        if self._file.symptoms:
            await self._symptoms()
        if not self._later:
            self._solved()

    async def _rehearse(self) -> None:
        """What is to be read off the copy, and cited, is there only after that."""
        self._going("Rehearsing the migration", None)
        await self._thread(self._look.rehearse)
        await asyncio.sleep(ARRIVES_S)

    async def _symptoms(self) -> None:
        """Measured over all of the incident so far: a slow shop answers few requests, and early ones were faster.

        A count that has just passed its bound cannot clear it three times yet: it is given the time that symptoms have.
        """
        within_s = self._file.windows.prove.symptoms
        while True:
            session = await self._desk.get("/api/session")
            window = self._look.window("incident")
            seen = await self._thread(baseline.observe, self._look, (), self._file.symptoms, window)
            after_s = session["pager_at"] - window.start_s + SETTLE_S
            rows = symptoms.judge(seen, after_s, within_s)
            if all(row.ok for row in rows) or session["now"] - window.start_s > within_s:
                break
            await asyncio.sleep(AGAIN_S)
        self._judge("symptoms", rows)

    def _solved(self) -> None:
        self.answers |= solver.numbers(self._answered, self._file)
        self._judge("solver", solver.judge(self._answered))

    async def _nothing(self) -> None:
        result = await self._desk.load(lambda _text, share: self._going("Load test without a fix", share))
        loaded = fixes.Loaded.of(result, self._file.slo)
        if self._later:
            self._answered += await self._thread(solver.solve, self._look, self._later)
            self._solved()
        control = self._file.shape == "control"
        self._judge("nothing", fixes.judge_passed(loaded) if control else fixes.judge_failed(loaded))

    async def _carry_out(self, plan: str) -> None:
        """The plan that is right: questions about it are graded on this record, and it is taken back like a fault."""
        await self._desk.post("/api/mitigations", {"id": plan})
        await self._desk.load(lambda _text, share: self._going("Load test with the plan", share))

    async def _on_record(self) -> None:
        """What needs a thousand answers is graded from the export."""
        self._going("Grading wrong answers and guesses", None)
        windows = await self._thread(self._look.windows)
        now = float((await self._desk.get("/api/session"))["now"])
        lines = await self._thread(self._desk.console.text, "/api/export/records", since="all")
        self._surfaces += leaks.telemetry(lines)
        graded = await self._thread(_graded, self._variant, lines, windows, now)
        for name, rows in graded.items():
            self._judge(name, rows)
        self._judge("leaks", await self._thread(self._leaks))

    def _leaks(self) -> list[Row]:
        scenario = self._variant.scenario
        stripped = [replace(one, text=self._desk.strip(one.text)) for one in self._surfaces]
        rows = leaks.judge(stripped, leaks.of_the_system(scenario))
        return rows + leaks.judge(self._lesson_pages, leaks.of_the_pages(scenario))

    async def _restore(self) -> None:
        self._going("Taking the faults back", None)
        told = await self._desk.post("/api/session/restore")
        start = float(told["restored_at"]) + SETTLE_S
        while True:
            await self._wait_until(start + RESTORED_S + ARRIVES_S)
            window = Window(start, start + RESTORED_S)
            seen = await self._thread(baseline.observe, self._look, self._file.slo, self._file.symptoms, window)
            after_s = start - float(told["restored_at"])
            rows = revert.judge(told["residue"], seen, after_s)
            # what was under way when the faults were taken back may still end badly
            if all(row.ok for row in rows) or after_s + AGAIN_S > revert.WITHIN_S:
                break
            start += AGAIN_S
        self._judge("revert", rows)

    async def _stop(self, session: dict[str, Any]) -> None:
        self._going("Stopping", None)
        rests = await self._thread(self._desk.looker_for_rests, session)
        await self._desk.stop_session()
        self._judge("stop", stop.judge(*await self._thread(rests)))

    async def _wait_until(self, moment: float) -> None:
        session = await self._desk.get("/api/session")
        await asyncio.sleep(max(0.0, moment - float(session["now"])))

    async def _thread(self, work: Callable[..., Any], *given: Any, **named: Any) -> Any:
        return await asyncio.to_thread(work, *given, **named)


def _graded(variant: Variant, lines: str, windows: dict[str, Window], now: float) -> dict[str, list[Row]]:
    """Wrong answers and guesses, on the record of the run."""
    pager = variant.text("pager", now="09:00")
    in_view = guessing.words_in_view(variant.text("brief"), variant.file.title, variant.file.summary, pager)
    with (
        tempfile.TemporaryDirectory(prefix="lab-") as folder,
        recorded(lines, variant.file, windows, now, Path(folder)) as record,
    ):
        return {
            "wrong": wrong.judge(wrong.observe(record, variant.seed)),
            "guessing": guessing.judge(guessing.observe(record, in_view, pager)),
        }
