"""Mitigations: what an engineer would offer, applied to the live system and taken back again."""

import contextlib
import random
from typing import Any

from lab.core.errors import Conflict, LabError, NotFound, did_you_mean
from lab.questions.mitigation import Mitigated
from lab.scenario.model import Mitigation
from lab.session import planned
from lab.session.session import Session
from lab.session.states import State

APPLIED = "Applied. Watch the numbers for a while (`lab metrics`), then prove it: `lab load`"
PLANNED = "Nothing has changed yet: it is carried out while the load test runs. Start that: `lab load`"


def offered(session: Session) -> list[dict[str, Any]]:
    """The mitigations in this session's own order; whether they work is not told."""
    order = list(session.file.mitigations)
    random.Random(f"{session.variant.seed}:mitigations").shuffle(order)
    tried = session.ledger.fixes_tried
    return [
        {
            "id": one.id,
            "text": one.text,
            "detail": one.detail,
            "planned": bool(one.during_load),
            "applied": one.id == session.mitigation,
            "tried": tried.count(one.id),
        }
        for one in order
    ]


def further_costs(session: Session) -> float:
    """Share of the question about the fix that each further mitigation costs; 0 where nobody asks about it."""
    asked = (one.question for one in session.file.questions)
    return next((one.attempt_cost for one in asked if isinstance(one, Mitigated)), 0.0)


def _known(session: Session, name: str) -> Mitigation:
    for one in session.file.mitigations:
        if one.id == name:
            found: Mitigation = one
            return found
    known = [one.id for one in session.file.mitigations]
    raise NotFound(f"There is no mitigation {name!r}.", f"{did_you_mean(name, known)}See them: `lab fix`")


async def apply(session: Session, name: str) -> dict[str, Any]:
    """Apply one mitigation; another one in force is taken back first."""
    session.require_live()
    mitigation = _known(session, name)
    if session.busy.locked():
        raise Conflict("A load test or another change is under way.", "Wait for it: `lab load`")
    if session.windows_name == "learn" and session.file.rehearsal is not None and session.rehearsed is None:
        raise Conflict("You have not seen yet what the migration does.", "Run it on a copy first: `lab rehearse`")
    async with session.busy:
        if session.mitigation == name:
            raise Conflict(f"{name!r} is applied already.", "Prove it: `lab load`")
        earlier, tried = session.mitigation, list(session.ledger.fixes_tried)
        await take_back(session)
        try:
            await session.changes.apply_all(mitigation.apply, name)
            session.write("fixed", id=name)
        except LabError:
            with contextlib.suppress(LabError):  # what cannot be noted down is not in force either
                await session.changes.revert(name)
            if earlier is not None:  # that one is gone, and this one did not come
                session.go(State.OPEN)
                session.write("unfixed", id=earlier)
            raise
        now = session.clock.now()
        if session.moments.fixed_at is None:
            session.moments.fixed_at = now
            incident = session.window("incident")
            if incident is not None:
                session.store.pin(incident)
        further = bool(tried) and name not in tried
        session.mitigation = name
        session.moments.mitigation_at = now
        session.note("fix", f"{'Chosen' if mitigation.during_load else 'Applied'}: {mitigation.text}")
        session.go(State.MITIGATED)
    return {
        "mitigation": {
            "id": name,
            "text": mitigation.text,
            "applied_at": now,
            "planned": bool(mitigation.during_load),
        },
        "feedback": PLANNED if mitigation.during_load else APPLIED,
        "cost": further_costs(session) if further else 0.0,
    }


async def undo(session: Session) -> dict[str, Any]:
    """Take the mitigation in force back."""
    session.require_live()
    if session.busy.locked():
        raise Conflict("A load test or another change is under way.", "Wait for it: `lab load`")
    async with session.busy:
        if session.mitigation is None:
            raise Conflict("No mitigation is applied.", "See what there is: `lab fix`")
        name = session.mitigation
        await take_back(session)
        session.go(State.OPEN)
        session.note("undo", f"Took back: {_known(session, name).text}")
        session.write("unfixed", id=name)
    return {"undone": name}


async def take_back(session: Session) -> None:
    """Take the mitigation in force back, if there is one."""
    if session.mitigation is None:
        return
    await session.changes.revert(planned.ROLE)
    await session.changes.revert(session.mitigation)
    session.mitigation = None
