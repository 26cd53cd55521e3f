"""A lesson that stands still: a real session whose learner has sent a few requests, and no shop behind it."""

from pathlib import Path

from fakes_session import MARKUP, empty, reach
from fakes_telemetry import T0, request, trace_id

from lab.core.clock import ManualClock
from lab.core.window import Window
from lab.session.owner import Owner
from lab.session.sandbox import Sandbox
from lab.session.session import Session
from lab.session.states import State

WEBHOOK = {"webhook-id": "evt_1", "webhook-timestamp": "1", "webhook-signature": "v1,bm90IGl0"}


def lesson(home: Path, name: str = "first-request", *, state: State = State.OPEN) -> tuple[Owner, Session]:
    """A lesson that has just opened."""
    clock = ManualClock(T0)
    owner, session = empty(home, clock, scenario=name)
    if session.file.sandbox is not None and session.sandbox is None:
        session.sandbox = Sandbox()
    clock.advance(30)
    reach(session, state, Window(T0, T0), T0)
    session.moments.broken_at = None
    session.timeline.clear()
    return owner, session


def sends(session: Session, status: int, method: str, path: str, *, agent: str = "curl/8", key: str = "you") -> str:
    """The learner sends a request from another program; its trace."""
    number = len(session.telemetry.spans("service:gateway", limit=100)) + 1
    more = {"client__key": key} if key else {}
    span = request(
        status,
        service="gateway",
        method=method,
        route=path,
        trace=trace_id(number),
        at=20 + number,
        ms=4,
        url__path=path,
        user_agent__original=agent,
        **more,
    )
    session.store.add_spans([span])
    session.store.flush(30)
    return span.trace_id


def message(session: Session, body: str = '{"type":"payment.captured","data":{"note":"' + MARKUP + '"}}') -> int:
    """A webhook comes into the inbox; its number."""
    assert session.sandbox is not None
    return session.sandbox.inbox.take(WEBHOOK, body.encode()).number
