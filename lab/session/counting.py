"""Counts rows of the shop's database for the probes that ask for them, so that they are telemetry like all else."""

import asyncio
from collections.abc import Iterator

from lab.core.errors import LabError, UsageError
from lab.probes.rows import SERVICE, Rows
from lab.probes.writes_blocked import GAUGE, WritesBlocked
from lab.scenario import ScenarioFile
from lab.session.session import Session
from lab.session.states import State

EVERY_S = 3.0


def asked(file: ScenarioFile) -> list[Rows]:
    """Every count that the lesson speaks of."""
    return [probe for probe in _probes(file) if isinstance(probe, Rows)]


def _probes(file: ScenarioFile) -> Iterator[object]:
    yield from file.symptoms
    yield from file.slo
    yield from (fact.probe for fact in file.facts.values())
    yield from (getattr(one.question, "probe", None) for one in file.questions)


async def watch(session: Session) -> None:
    """Count every few seconds until cancelled; a load test is left alone, it is counted at its end."""
    idle = any(isinstance(probe, WritesBlocked) for probe in _probes(session.file))
    while True:
        if session.state is not State.LOADING:
            await count(session)
        if idle and (session.moments.broken_at is None or session.moments.restored_at is not None):
            # nobody migrates before the lesson and after a proof took all back, so nobody is kept waiting by it
            session.store.add_gauges(SERVICE, session.clock.now(), {GAUGE: 0.0})
        await asyncio.sleep(EVERY_S)


async def count(session: Session) -> None:
    """Count now; what the database does not answer is left out."""
    found: dict[str, float] = {}
    at = session.clock.now()
    for probe in asked(session.file):
        try:
            rows = await session.runtime.rows(probe.sql)
            found[probe.gauge] = float(rows.rows[0][0])
        except UsageError:
            if not {*probe.where} <= {*await session.system.columns(probe.table)}:
                found[probe.gauge] = 0.0  # a column that is not there has no rows
        except LabError:
            return
    if found:
        session.store.add_gauges(SERVICE, at, found)
