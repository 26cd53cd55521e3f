"""One session: its parts, its state and its windows.

What happens in it lives in opening, answers, fixes and verdict.
"""

import asyncio
import contextlib
from collections import defaultdict
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from lab.core.clock import Clock
from lab.core.errors import Conflict, EnvironmentLacks, LabError
from lab.core.window import NAMED, Window
from lab.processes import Launcher
from lab.runtimes import Key, Runtime
from lab.scenario import ScenarioFile, Variant
from lab.scenario.model import Windows
from lab.session import migrated
from lab.session.applied import Changes
from lab.session.journal import Entry, Journal
from lab.session.ledger import Ledger
from lab.session.live import LiveSystem
from lab.session.sandbox import Sandbox
from lab.session.states import ENDED, LIVE, State, may_follow
from lab.telemetry import Store, Telemetry

if TYPE_CHECKING:
    from lab.session.verdict import LoadTest

WindowsName = Literal["learn", "prove", "trial"]
"""How long the parts of a run last: for people; short, for a proof; or without a baseline, to try one fix."""
SETTLE_S = 1.0
"""The first second after a change belongs to neither side."""
QUIET_WITHIN_S = 5.0
"""A change that takes longer than this goes down with the system that is being ended."""


def known_windows(name: str) -> WindowsName:
    """The windows of that name; a learner's when a journal names none that this version knows."""
    match name:
        case "prove" | "trial":
            return name
    return "learn"


@dataclass
class Step:
    """One line of the start-up display."""

    name: str
    text: str
    state: Literal["waiting", "running", "done", "failed"] = "waiting"
    started_s: float | None = None
    seconds: float | None = None


@dataclass
class Moments:
    """When the parts of this run began and ended, unix seconds."""

    started: float
    baseline: Window | None = None
    broken_at: float | None = None
    open_at: float | None = None
    fixed_at: float | None = None
    """When the first mitigation was applied: the incident as it was ends here."""
    mitigation_at: float | None = None
    """When the mitigation in force was applied."""
    load: Window | None = None
    """What the newest load test measures, once it has warmed up."""
    earlier_load: Window | None = None
    """What the one before it measured."""
    first_load_at: float | None = None
    """When the first load test came: its crowd is no part of the incident either."""
    restored_at: float | None = None
    """When a proof took everything back."""


@dataclass
class Event:
    """Something for the timeline: the learner's own actions and what happened to the system."""

    time_s: float
    kind: str
    text: str


@dataclass
class Session:
    """One learner's run of one scenario. Built by the owner; every part acts on it."""

    id: str
    folder: Path
    variant: Variant
    windows_name: WindowsName
    runtime: Runtime
    launcher: Launcher
    store: Store
    telemetry: Telemetry
    journal: Journal
    clock: Clock
    keys: tuple[Key, ...]
    """The learner's own keys; the first one is theirs in every lesson."""
    shop_keys: tuple[Key, ...]
    ledger: Ledger = field(default_factory=Ledger)
    state: State = State.STARTING
    ending: bool = False
    """Whether its end has begun: it can be looked at until that is over, and nothing is changed in it any more."""
    steps: list[Step] = field(default_factory=list)
    timeline: list[Event] = field(default_factory=list)
    mitigation: str | None = None
    error: LabError | None = None
    ended_because: str = ""
    """Why it ended, when nobody asked for its end."""
    resumes: str | None = None
    """The session in which this run began, when an interrupted one goes on."""
    healthy: dict[str, Any] = field(default_factory=dict)
    """The system as it was set just before the faults, to compare with once they are taken back."""
    recorded: dict[str, Any] = field(default_factory=dict)
    """Its line in the learner's progress, as it was written last."""
    crowd: float = 1.0
    """How many times the customers came before the incident showed itself."""
    console_url: str = ""
    load_test: "LoadTest | None" = None
    rehearsed: dict[str, Any] | None = None
    """What the newest rehearsal of the migration did, where the lesson has one."""
    sandbox: Sandbox | None = None
    """The learner's own account at the partner, where the lesson has one."""

    def __post_init__(self) -> None:
        self.moments = Moments(started=self.clock.now())
        self.system = LiveSystem(self.runtime, partial(migrated.tell, self.store, self.clock.now))
        self.changes = Changes(self.system, self.journal)
        self.ticking = asyncio.Lock()
        """Held while it is found out which steps were done: each is to be written down once."""
        self.answering: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        """Question → held while an answer to it is graded and written down, or it is explained."""
        self.busy = asyncio.Lock()
        """Held while the system is being changed or load tested; two of those at once make no sense."""

    @property
    def resumed(self) -> bool:
        """Whether an interrupted session goes on in this one."""
        return self.resumes is not None

    @property
    def file(self) -> ScenarioFile:
        """The variant's scenario file."""
        return self.variant.file

    @property
    def key(self) -> str:
        """The learner's own key at the gateway."""
        return self.keys[0].key

    def addresses(self) -> dict[str, str]:
        """Variables that examples of requests may name, and the addresses they stand for, as people reach them."""
        urls = self.runtime.addresses
        found = {"baseUrl": urls["gateway"]} if "gateway" in urls else {}
        if self.sandbox is not None and "partner" in urls:
            inbox = f"{self.console_url}/inbox/{self.sandbox.inbox.token}"
            found |= {"sandboxUrl": urls["partner"], "inboxUrl": inbox}
        return found

    @property
    def windows(self) -> Windows:
        """The durations of this run."""
        both = self.variant.file.windows
        if self.windows_name == "trial":
            return both.prove.model_copy(update={"baseline": 0.0})
        return both.learn if self.windows_name == "learn" else both.prove

    def go(self, state: State) -> None:
        """Move to a state; a move the table does not know is a defect."""
        if not may_follow(self.state, state):
            raise AssertionError(f"a session cannot go from {self.state} to {state}")
        self.state = state
        with contextlib.suppress(EnvironmentLacks):  # no answer is kept by it, and half a move would block every other
            self.journal.write("state", state=state.value)

    def write(self, what: str, **details: Any) -> Entry:
        """Journal an entry and account for it."""
        entry = self.journal.write(what, **details)
        self.ledger.take(entry)
        return entry

    def note(self, kind: str, text: str) -> None:
        """Add to the timeline."""
        self.timeline.append(Event(self.clock.now(), kind, text))
        with contextlib.suppress(EnvironmentLacks):  # told by whatever counts; a watcher must outlive a full disk
            self.journal.write("noted", kind=kind, text=text)

    def require_live(self) -> None:
        """Conflict unless the incident is open and its end has not begun: for whatever changes something."""
        self._require(not self.ending)

    def require_begun(self) -> None:
        """Conflict unless the incident is open: for looking, which may go on while the session is being ended."""
        self._require(self.state not in ENDED)

    async def quiet(self) -> None:
        """Wait for what is under way, a change of the system, the ticking of steps, answers; not for ever."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(QUIET_WITHIN_S):
                for lock in (self.busy, self.ticking, *self.answering.values()):
                    async with lock:
                        pass

    def _require(self, goes_on: bool) -> None:
        if not goes_on or self.state in ENDED:
            raise Conflict("This session has ended.", f"Start a new one: `lab start {self.variant.scenario.id}`")
        if self.state not in LIVE:
            raise Conflict(
                "The incident has not begun yet; you are looking at the healthy system.",
                "Look around meanwhile with `lab metrics`; `lab status` says when the pager message has come.",
            )

    def window(self, name: str) -> Window | None:
        """`all`, `baseline`, `incident` (from just after the faults to the fix, the load test or now) or `load`."""
        now = self.clock.now()
        moments = self.moments
        if name == "all":
            return Window(moments.started, now)
        if name == "baseline":
            return moments.baseline
        if name == "load":
            begun = [one for one in (moments.load, moments.earlier_load) if one is not None and one.start_s < now]
            return Window(begun[0].start_s, min(begun[0].end_s, now)) if begun else None
        if name == "incident" and moments.broken_at is not None:
            ends = [moments.fixed_at, moments.first_load_at, now]
            start = moments.broken_at + SETTLE_S
            return Window(start, max(start, min(end for end in ends if end is not None)))
        return None

    def named_windows(self) -> dict[str, Window]:
        """Every window that exists by now."""
        found = {name: self.window(name) for name in NAMED}
        return {name: window for name, window in found.items() if window is not None}

    def public_feed(self) -> list[dict[str, Any]]:
        """The company's change feed, newest first: its history, the story's changes, and the learner's own."""
        rows = [
            {
                "time_s": self.moments.started - past.ago,
                "service": past.service,
                "what": past.what,
                "version": past.version,
                "by": past.by,
            }
            for past in self.file.history
        ]
        for time_s, entry, role in self.changes.feed:
            by = "release" if role == "fault" else "you"
            rows.append(
                {
                    "time_s": time_s,
                    "service": entry.service,
                    "what": entry.what,
                    "version": entry.version,
                    "by": by,
                }
            )
        return sorted(rows, key=lambda row: float(row["time_s"]), reverse=True)
