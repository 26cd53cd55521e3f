"""Citations: records and measurements of this run that the learner keeps as evidence."""

import asyncio
import math
from typing import Any

from pydantic import ValidationError

from lab.core.errors import Conflict, NotFound, UsageError
from lab.core.window import Window
from lab.probes import probes
from lab.questions.refs import LOG_KEY, metric_ref
from lab.session.session import Session

CITES_AT_MOST = 20


async def cite(session: Session, ref: str, note: str = "") -> dict[str, Any]:
    """Keep a log record or a trace as evidence; NotFound when this run has no such record."""
    session.require_live()
    kind, _, key = ref.partition(":")
    if kind == "log" and LOG_KEY.fullmatch(key):
        log = await asyncio.to_thread(session.telemetry.log, int(key))
        summary, full = f"{log.service} {log.severity}: {log.message}", f"log:{log.id}"
        kept = _kept(session, full, summary, Window(log.time_s - 1, log.time_s + 1), note)
        session.store.pin_log(log.id)
    elif kind == "trace" and key:
        trace = await asyncio.to_thread(session.telemetry.trace, key)
        root = trace.root
        summary = f"{root.service} {root.name}, {trace.duration_ms:.0f} ms, {len(trace.spans)} spans"
        end_s = max(one.span.end_s for one in trace.spans)
        kept = _kept(session, f"trace:{trace.trace_id}", summary, Window(root.start_s - 1, end_s + 1), note)
        session.store.pin_trace(trace.trace_id)
    else:
        raise UsageError(f"{ref!r} does not name a record.", "Write log:123 or trace:4bf92f35, as in `lab logs`.")
    return kept


async def cite_probe(session: Session, written: Any, window: Window, note: str = "") -> dict[str, Any]:
    """Keep a measurement over a window as evidence; UsageError when it cannot be measured."""
    session.require_live()
    try:
        probe = probes.read(written)
    except ValueError as error:
        raise UsageError(f"That is not a measurement: {_first_line(error)}", "See `lab cite --help`.") from None
    value = await asyncio.to_thread(probe.measure, session.telemetry, window)
    summary = f"{probe.describe()}: {probe.say(value)} over {window.seconds:.0f} s"
    kept = _kept(session, metric_ref(probe, window), summary, window, note)
    return {**kept, "value": None if math.isnan(value) else value}


def _first_line(error: ValueError) -> str:
    if isinstance(error, ValidationError):
        return error.errors()[0]["msg"].removeprefix("Value error, ")
    return str(error).splitlines()[0]


def _kept(session: Session, ref: str, summary: str, window: Window, note: str) -> dict[str, Any]:
    if len(session.ledger.cites) >= CITES_AT_MOST:
        raise Conflict(f"You have cited {CITES_AT_MOST} records already.", "Remove one: `lab cite --remove E1`")
    session.store.pin(window)
    number = 1 + max((int(name[1:]) for name in session.ledger.cites), default=0)
    name = f"E{number}"
    session.write("cited", id=name, ref=ref, summary=summary, at=window.start_s, note=note)
    return {"id": name, "ref": ref, "summary": summary}


def uncite(session: Session, name: str) -> None:
    """Drop a citation."""
    session.require_live()
    if name not in session.ledger.cites:
        raise NotFound(f"There is no citation {name!r}.", "See them: `lab cite`")
    session.write("uncited", id=name)
