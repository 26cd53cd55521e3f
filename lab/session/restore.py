"""Taking everything back while the system lives, and finding out whether anything stayed behind."""

from typing import Any

from lab.core.errors import Conflict
from lab.session import fixes
from lab.session.session import Session


async def snapshot(session: Session) -> dict[str, Any]:
    """Everything that a change can set: settings and releases, the rules of edges, the traffic, indexes, columns."""
    found: dict[str, Any] = {"traffic": await session.system.traffic()}
    for service in session.runtime.urls:
        found[f"{service}: release"] = await session.system.version(service)
        for name, value in (await session.system.settings(service)).items():
            found[f"{service}: {name}"] = value
    for edge in session.runtime.edges:
        found[f"{edge}: rules"] = await session.system.rules(edge)
    for index in await session.system.indexes():
        found[f"database: index {index.name}"] = {"table": index.table, "columns": list(index.columns)}
    for table in await session.runtime.tables():
        found[f"database: columns of {table.name}"] = [name for name, _type in table.columns]
    return found


async def restore(session: Session) -> dict[str, Any]:
    """Take the mitigation and the faults back: when, and what differs from before the faults all the same.

    Only in a proof: in a lesson it would end the exercise.
    """
    session.require_live()
    if session.windows_name == "learn":
        raise Conflict("Taking the faults back would end the exercise.", "Find a mitigation: `lab fix`")
    if session.busy.locked():
        raise Conflict("A load test or another change is under way.", "Wait for it: `lab load`")
    async with session.busy:
        await fixes.take_back(session)
        await session.changes.revert("fault")
        session.moments.restored_at = restored_at = session.clock.now()
        session.write("restored")
        now = await snapshot(session)
    names = {**session.healthy, **now}
    differing = [name for name in names if session.healthy.get(name) != now.get(name)]
    return {
        "restored_at": restored_at,
        "residue": [{"what": name, "before": session.healthy.get(name), "after": now.get(name)} for name in differing],
    }
