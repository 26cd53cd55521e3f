"""When a learner was last here, and the end of a lab that nobody uses any more."""

import asyncio
import contextlib
import sqlite3
import time
from collections.abc import Awaitable, Callable

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from lab.core.errors import LabError
from lab.questions.steps.received import LEARNER
from lab.remote import unused
from lab.session.owner import Owner
from lab.session.session import Session
from lab.session.states import ENDED

LOOK_EVERY_S = 15.0
NOBODY = ("/health", "/v1/", "/live/", "/inbox/")
"""Paths that programs call: health probes, telemetry, the stream of a page that may be forgotten, webhooks."""


class Idle:
    """How long nobody has used this console. `now` is monotonic, so that a machine asleep does not count."""

    def __init__(self, minutes: float, now: Callable[[], float] = time.monotonic) -> None:
        self.minutes = minutes
        """How long it may go on unused; 0: for ever."""
        self._now = now
        self._used_s = now()
        self._call_s = 0.0

    def used(self) -> None:
        """Somebody is here."""
        self._used_s = self._now()

    def called(self, at_s: float) -> None:
        """The learner's own requests to the shop; `at_s`, the newest, is a use if it is newer than the last one."""
        if at_s > self._call_s:
            self._call_s = at_s
            self.used()

    @property
    def over(self) -> bool:
        """Whether it is time to stop."""
        return self.minutes > 0 and self._now() - self._used_s >= self.minutes * 60


class Noticing:
    """Pure ASGI middleware: every request that a person may have caused is a use."""

    def __init__(self, app: ASGIApp, idle: Idle) -> None:
        self.app = app
        self.idle = idle

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, and take note."""
        if scope["type"] == "http" and unused.REPEATED not in Headers(scope=scope):
            path = scope["path"].removeprefix(scope.get("root_path", ""))
            if not path.startswith(NOBODY):
                self.idle.used()
        await self.app(scope, receive, send)


async def watch(owner: Owner, idle: Idle) -> None:
    """Return once nobody has used the lab for too long; what must not be cut short counts as a use."""
    while True:
        await asyncio.sleep(min(LOOK_EVERY_S, idle.minutes * 60 / 4))
        await look(owner, idle)
        if idle.over:
            return


async def end_session(owner: Owner, idle: Idle) -> None:
    """End what runs, and let its report, its page and `lab status` say why."""
    session = owner.session
    if session is None or session.state in ENDED:
        return
    session.ended_because = unused.said(owner.clock.now(), idle.minutes)
    session.note("system", session.ended_because)
    await owner.stop()


async def end_console(owner: Owner, idle: Idle, end: Callable[[], Awaitable[object]]) -> None:
    """`end` so that the session can be resumed, and leave word for the next command."""
    session, at_s = owner.session, owner.clock.now()
    goes_on = owner.resumable() is not None
    if session is not None and session.state not in ENDED:
        session.note("system", unused.said(at_s, idle.minutes))
        goes_on = True
    await end()
    with contextlib.suppress(OSError):  # a full disk must not keep it running
        unused.tell(owner.home.root, at_s, idle.minutes, goes_on=goes_on)


async def look(owner: Owner, idle: Idle) -> None:
    """Take note of what is under way, and of requests that the shop received from the learner."""
    if owner.occupied:
        idle.used()
    session = owner.session
    if session is not None and session.state not in ENDED:
        with contextlib.suppress(LabError, sqlite3.Error):  # it ends just now
            idle.called(await asyncio.to_thread(_last_call_s, session))


def _last_call_s(session: Session) -> float:
    """When the learner's own key was last used, by whatever client; 0 when it never was."""
    spans = session.telemetry.spans(f"service:gateway kind:server key:{LEARNER}*", limit=1)
    received = session.sandbox.received() if session.sandbox is not None else ()
    return max((one.start_s for one in (*spans, *received)), default=0.0)
