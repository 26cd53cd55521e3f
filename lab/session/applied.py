"""Applying changes so that a crash at any point can be undone: journal first, then the system."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lab.changes import Change, FeedEntry
from lab.core.errors import LabError
from lab.core.system import System
from lab.session.journal import Entry, Journal


@dataclass(frozen=True)
class Applied:
    """A change in force and what takes it back."""

    number: int
    role: str
    change: Change
    token: Any


class Changes:
    """The changes in force in one session, in the order they were made."""

    def __init__(self, system: System, journal: Journal) -> None:
        self._system = system
        self.feed: list[tuple[float, FeedEntry, str]] = []
        """What the company's change feed knows: when, what, and the role it was made in."""
        self._journal = journal
        self._count = 0
        self.in_force: list[Applied] = []

    async def apply(self, change: Change, role: str) -> None:
        """Make one change; `role` is `setup`, `fault` or a mitigation's id."""
        self._count += 1
        applied = Applied(self._count, role, change, await change.remember(self._system))
        self._journal.write(
            "remembered", number=applied.number, role=role, change=change.written(), token=applied.token
        )
        self.in_force.append(applied)
        await change.apply(self._system, applied.token)
        done = self._journal.write("applied", number=applied.number)
        entry = change.feed()
        if entry is not None and role != "setup":
            self.feed.append((done.time_s, entry, role))

    async def apply_all(self, group: Sequence[Change], role: str) -> None:
        """Make several changes; when one fails, those of the group already made are taken back."""
        try:
            for change in group:
                await self.apply(change, role)
        except LabError:
            await self.revert(role)
            raise

    async def revert(self, role: str) -> int:
        """Take back every change of a role, newest first; returns how many. One that fails does not stop the rest."""
        mine = [applied for applied in reversed(self.in_force) if applied.role == role]
        failed: LabError | None = None
        for applied in mine:
            try:
                await applied.change.revert(self._system, applied.token)
                self._journal.write("reverted", number=applied.number)
            except LabError as error:
                failed = failed or error
                continue
            self.in_force.remove(applied)
        if failed is not None:
            raise failed
        return len(mine)


def in_force(entries: Sequence[Entry]) -> dict[int, Entry]:
    """The entry of each change of a journal that was never taken back, by its number, newest first."""
    found: dict[int, Entry] = {}
    for entry in entries:
        number = entry.details.get("number")
        if entry.what == "remembered" and isinstance(number, int):
            found[number] = entry
        elif entry.what == "reverted" and isinstance(number, int):
            found.pop(number, None)
    return dict(sorted(found.items(), reverse=True))
