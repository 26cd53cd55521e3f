"""Changes of the chosen mitigation that are made while the load test runs, each at its time."""

import asyncio
import contextlib

from lab.core.errors import Conflict, LabError
from lab.scenario.model import AnyChange
from lab.session import counting
from lab.session.session import Session

ROLE = "planned"
"""What such changes are applied as, so that they can be taken back without the rest of the mitigation."""

COUNTED_S = 0.01
"""A window that ends now holds what was counted before now."""


def chosen(session: Session) -> list[AnyChange]:
    """The changes of the mitigation in force that wait for a load test, in the order of their times."""
    one = next((one for one in session.file.mitigations if one.id == session.mitigation), None)
    return [] if one is None else sorted(one.during_load, key=lambda change: change.at)


def require_choice(session: Session) -> None:
    """Conflict when every mitigation is one to be carried out by a load test, and none is chosen."""
    every = session.file.mitigations
    if session.mitigation is None and every and all(one.during_load for one in every):
        raise Conflict("There is nothing to prove yet: no plan is chosen.", "Choose one: `lab fix`")


class Plan:
    """The planned changes of one load test."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._changes = chosen(session)
        self._task: asyncio.Task[None] | None = None

    async def begin_anew(self) -> None:
        """Take back what an earlier load test did; before anybody comes, since it may keep them waiting."""
        await self._session.changes.revert(ROLE)

    def start(self, began: float) -> None:
        """Carry it out from now on; times count from `began`."""
        self._task = asyncio.create_task(self._run(began))

    async def done(self) -> None:
        """Wait for the last of them, and look what the database holds then; LabError when one was refused."""
        if self._task is not None:
            await self._task
        await counting.count(self._session)
        await asyncio.sleep(COUNTED_S)

    async def cancel(self) -> None:
        """Stop it; what was done so far can be taken back."""
        if self._task is not None and not self._task.done():
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError, LabError):
                await self._task

    async def _run(self, began: float) -> None:
        for change in self._changes:
            await asyncio.sleep(max(0.0, began + change.at - self._session.clock.now()))
            self._session.note("plan", f"Begun: the {change.kind()} of the plan")
            await self._session.changes.apply(change, ROLE)
            self._session.note("plan", f"Done: the {change.kind()} of the plan")
