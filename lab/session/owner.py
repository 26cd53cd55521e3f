"""The owner: at most one session at a time, started, reset, resumed and stopped here, and nowhere else."""

import asyncio
import contextlib
import shutil
from collections.abc import Awaitable, Sequence
from pathlib import Path

from lab.core.clock import Clock
from lab.core.errors import Conflict, EnvironmentLacks, LabError, NothingRunning
from lab.core.paths import path_of
from lab.processes import Launcher
from lab.runtimes import Plan, Runtime
from lab.runtimes.site import OUTSIDE
from lab.scenario import Variant, draw, draw_by_chance, find
from lab.scenario.catalog import place
from lab.session import answers, building, counting, customers, opening, report, steps, verdict
from lab.session.building import RUNTIMES
from lab.session.home import Home
from lab.session.recover import Unfinished, sweep
from lab.session.session import Session, WindowsName, known_windows
from lab.session.states import ENDED, LIVE, State
from lab.telemetry.scrape import scrape

SCRAPE_EVERY_S = 1.0


class Owner:
    """Owns the one session of this home. All methods run on the console's event loop."""

    def __init__(
        self,
        home: Home,
        clock: Clock,
        nonce: str,
        launcher: Launcher,
        scenarios: Sequence[Path] = (),
        runtime: str = "embedded",
    ) -> None:
        self.home = home
        self.clock = clock
        self.nonce = nonce
        self.launcher = launcher
        self.scenario_dirs = tuple(scenarios)
        self.runtime = runtime
        """Where this console's sessions run; it depends on where the console itself does."""
        self.console_url = ""
        self.session: Session | None = None
        self.gateway_port: int | None = None
        swept = sweep(home, clock)
        self.unfinished: Unfinished | None = swept.unfinished
        """What can be resumed; it waits until a session is open, whichever."""
        self.left_alone = swept.left_alone
        """Why some old sessions could not be closed, each with its remedy."""
        self._tasks: list[asyncio.Task[None]] = []
        self._starting = asyncio.Lock()
        self._ending = asyncio.Lock()
        """Held while the session ends or begins anew: whoever clicks twice waits for the first."""
        self._saving = asyncio.Lock()
        """Held while progress and report are written: the end waits for that, and nothing is written after it."""
        self._tidying: asyncio.Task[None] | None = None
        self._warming: asyncio.Task[None] | None = None

    def opened(self) -> None:
        """Called once when the console begins to serve: what an earlier one left behind is removed meanwhile."""
        runtime = RUNTIMES[self.runtime](self.launcher)
        self._tidying = asyncio.create_task(runtime.tidy())
        self._warming = asyncio.create_task(_at_leisure(runtime.warm()))

    async def closed(self) -> None:
        """Called once when the console ends. A session that nobody stopped can be resumed, as after a crash."""
        await _end([task for task in (self._warming, self._tidying) if task is not None])
        if self.session is not None:
            await self.stop(interrupted=True)

    @property
    def occupied(self) -> bool:
        """Whether something goes on that needs nobody to watch it: a start, a change, a load test, a proof."""
        session = self.session
        if session is None or session.state in ENDED:
            return self._starting.locked()
        return session.state not in LIVE or session.busy.locked()

    def current(self) -> Session:
        """The present session, ended or not; NothingRunning when there is none."""
        if self.session is None:
            raise NothingRunning("No scenario is running.", "Start one: `lab start`")
        return self.session

    async def start(
        self,
        scenario: str | None,
        seed: int | None = None,
        *,
        level: str | None = None,
        runtime: str | None = None,
        windows: WindowsName = "learn",
        gateway_port: int | None = None,
    ) -> Session:
        """Begin a session; after a crash, the same scenario goes on with its seed and answers.

        `level` asks for a draw that is no more difficult, where draws differ in that. Conflict when a session is
        running; NotFound or ScenarioError when the scenario cannot be had.
        """
        if self._starting.locked() or (self.session is not None and self.session.state not in ENDED):
            running = self.session.variant.scenario.id if self.session else "one"
            raise Conflict(
                f"A session is running already: {running}.", "Go on with it (`lab status`), or end it: `lab stop`"
            )
        async with self._starting:
            resume = self.resumable(scenario, seed)
            if resume is not None:
                found = await asyncio.to_thread(find, resume.path)
                variant = draw(found, resume.seed)
                windows = known_windows(resume.windows)
            else:
                if scenario is None:
                    raise Conflict("There is nothing to resume.", "Choose a scenario: `lab list`")
                found = await asyncio.to_thread(find, scenario, self.scenario_dirs)
                variant = draw(found, seed) if seed is not None else draw_by_chance(found, level)
            self._refuse_other(runtime)
            if self.runtime == "compose" and variant.file.sandbox is not None:
                raise EnvironmentLacks(
                    "In this lesson you call the partner, which the lab in containers keeps to itself.",
                    f"{OUTSIDE} `lab stop`, then `lab start {variant.scenario.id} --runtime embedded`",
                )
            if self.runtime == "compose" and variant.file.migrates:
                raise EnvironmentLacks(
                    "This lesson migrates the database, which the lab in containers does not do yet.",
                    f"{OUTSIDE} `lab stop`, then `lab start {variant.scenario.id} --runtime embedded`",
                )
            self.gateway_port = gateway_port
            session = self.build(variant, RUNTIMES[self.runtime](self.launcher), windows, resume)
            self.session = session
            self._tasks = [asyncio.create_task(self._open(session))]
            return session

    def _refuse_other(self, runtime: str | None) -> None:
        if runtime is None or runtime == self.runtime:
            return
        if runtime not in RUNTIMES:
            raise EnvironmentLacks(f"There is no runtime {runtime!r}.", f"Known runtimes: {', '.join(RUNTIMES)}.")
        raise EnvironmentLacks(
            f"This console runs the shop as {self.runtime}, and not as {runtime}.",
            f"End it and start anew: `lab stop`, then `lab start --runtime {runtime}`",
        )

    def resumable(self, scenario: str | None = None, seed: int | None = None) -> Unfinished | None:
        """What a start of this scenario, or of none in particular, goes on with."""
        left = self.unfinished
        if left is None or (seed is not None and seed != left.seed):
            return None
        try:
            place(left.path)
        except LabError:
            return None
        if scenario is None or scenario == left.scenario:
            return left
        return left if str(path_of(scenario).resolve()) == left.path else None

    def build(
        self, variant: Variant, runtime: Runtime, windows: WindowsName, resume: Unfinished | None = None
    ) -> Session:
        """A session of this console that has not begun; EnvironmentLacks when its folder cannot be written."""
        return building.build(self.home, self.clock, self.launcher, variant, runtime, windows, self.console_url, resume)

    async def _open(self, session: Session) -> None:
        plan = Plan(
            run_dir=self.home.runs / session.id / "system",
            cache_dir=self.home.cache,
            nonce=self.nonce,
            otlp_endpoint=self.console_url,
            keys=(*session.shop_keys, *session.keys),
            orders=session.file.data_set.orders,
            sandbox_key=None if session.sandbox is None else session.sandbox.key,
            gateway_port=self.gateway_port,
            on_step=lambda name, state: opening.mark(session, name, state),
            on_event=lambda _service, text: session.note("system", text),
        )
        try:
            if self._tidying is not None:
                with contextlib.suppress(LabError):  # a start says itself what it lacks
                    await asyncio.shield(self._tidying)
            await session.runtime.up(plan)
            self._tasks.append(asyncio.create_task(self._scrape(session)))
            self._tasks.append(asyncio.create_task(customers.keep_coming(session)))
            if counting.asked(session.file):
                self._tasks.append(asyncio.create_task(counting.watch(session)))
            await opening.open_story(session)
            self.unfinished = None
            if steps.asked(session):
                self._tasks.append(asyncio.create_task(steps.watch(session, self.after_answer)))
        except (LabError, OSError) as error:
            session.ending = True
            await _end(self._tasks[1:])  # the first is this one
            await self._tear_down(session)
            await opening.fail(session, error if isinstance(error, LabError) else _refused(error))

    async def _scrape(self, session: Session) -> None:
        targets = {
            name: f"{url}/metrics"
            for name, url in session.runtime.urls.items()
            if not session.runtime.third_party(name)
        }
        await scrape(targets, session.store, SCRAPE_EVERY_S)

    async def reset(self, seed: int | None = None) -> Session:
        """Begin the same scenario again from scratch, with the same seed unless another is given.

        Asked for while it begins again already, it is that beginning. A scenario that cannot be read any more ends
        nothing.
        """
        asked = self.current()
        async with self._ending:
            session = self.current()
            if session is not asked and seed in (None, session.variant.seed):
                return session
            await asyncio.to_thread(find, str(session.variant.scenario.path))
            if self.session is session:  # or it had ended, and somebody has started another meanwhile
                await self._stop(session)
                self.unfinished = None  # a session that was not open yet may have been resumed; this one is not
            return await self.start(
                str(session.variant.scenario.path),
                seed if seed is not None else session.variant.seed,
                windows=session.windows_name,
                gateway_port=self.gateway_port,
            )

    async def stop(self, *, interrupted: bool = False) -> Path | None:
        """End the session; everything it started is gone afterwards. Returns the report's path, if there is one.

        Nothing more happens to one that has ended. One that is `interrupted`, by a machine that shuts down, has no end
        in its journal and can be resumed; this owner has no session then.
        """
        async with self._ending:
            return await self._stop(self.current(), interrupted=interrupted)

    async def _stop(self, session: Session, *, interrupted: bool = False) -> Path | None:
        session.ending = True
        tasks = self._tasks  # its own: a session that is started meanwhile gets another list
        await asyncio.sleep(0)  # a task that was made just now begins, or it could not clean up when it is cancelled
        await _end(tasks)
        tasks.clear()
        await verdict.cancel(session)
        if session.state in ENDED:
            kept = session.folder / "report.md"
            return kept if kept.exists() else None
        await session.quiet()
        page = None
        async with self._saving:
            with contextlib.suppress(LabError):
                report.save_progress(session, self.home)
            with contextlib.suppress(LabError):
                page = await report.save(session)
        await self._tear_down(session)
        if interrupted:
            self.session = None
        else:
            session.go(State.STOPPED)
            session.journal.write("closed", how="stopped")
        session.journal.close()
        return page

    async def _tear_down(self, session: Session) -> None:
        if session.system.customers is not None:
            await session.system.customers.stop()
        await session.runtime.down()
        await asyncio.to_thread(session.store.close)
        shutil.rmtree(self.home.runs / session.id, ignore_errors=True)

    async def after_answer(self, session: Session) -> None:
        """Keep progress up to date after anything that earns or costs points. An end that has begun does so itself."""
        async with self._saving:
            if session.ending:
                return
            await asyncio.to_thread(report.save_progress, session, self.home)
            if answers.next_open(session) is None:
                if session.file.shape != "incident" and session.state in (State.OPEN, State.MITIGATED):
                    session.go(State.DONE)
                await report.save(session)


def _refused(error: OSError) -> LabError:
    """What the machine refused while a session began: a file, a process, a connection."""
    return EnvironmentLacks(
        f"The lab could not start: {error.strerror or error}.",
        "Free some disk space, or see what this machine lacks: `lab doctor`",
    )


async def _at_leisure(work: Awaitable[None]) -> None:
    with contextlib.suppress(LabError):  # a start says itself what it lacks
        await work


async def _end(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
