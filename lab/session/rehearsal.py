"""The migration under review, run as written on a copy of the shop's database."""

from dataclasses import asdict
from typing import Any

from lab.core.errors import Conflict
from lab.session import migrated
from lab.session.session import Session


def shown(session: Session) -> dict[str, Any]:
    """What the newest rehearsal did, or that there was none."""
    return session.rehearsed or {"state": "none"}


async def rehearse(session: Session) -> dict[str, Any]:
    """Copy the database and migrate the copy; Conflict when the lesson has no migration or something is under way."""
    session.require_live()
    written = session.file.rehearsal
    if written is None:
        raise Conflict("There is no migration in this lesson.", "Go on with the questions: `lab diagnose`")
    if session.busy.locked():
        raise Conflict("A load test or another change is under way.", "Wait for it: `lab load`")
    async with session.busy:
        new = written.wanted
        await session.runtime.copy_database()
        done = await session.runtime.migrate(new, copy=True)
        migrated.tell(session.store, session.clock.now, new, done, copy=True)
        session.rehearsed = {
            "state": "done",
            "at": session.clock.now(),
            "table": new.table,
            "column": new.column,
            "source": new.source,
            **asdict(done),
        }
        session.note("rehearse", f"Rehearsed on a copy: {done.rows:,} rows in {done.took_s:.1f} s")
    return session.rehearsed
