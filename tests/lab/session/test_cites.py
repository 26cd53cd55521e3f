"""What a learner cites is kept, whatever else has to go."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes_session import close, empty, reach
from fakes_telemetry import T0, call, checkout, log, request, trace_id

from lab.core.clock import ManualClock
from lab.core.errors import UsageError
from lab.core.window import Window
from lab.session.cites import cite
from lab.session.session import Session
from lab.session.states import State
from lab.telemetry import Limits, Store, Telemetry

CITED = trace_id(9_000_007)


def evicted(store: Store, limit: int) -> None:
    """Wait until the store is inside its limit: it evicts after it has written."""
    deadline_s = time.monotonic() + 30
    while max(store.stats().logs, store.stats().spans) > limit:
        assert time.monotonic() < deadline_s, store.stats()
        store.add_gauges("nobody", T0, {"tick": 1})
        store.flush()


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    """A session whose store has room for few records."""
    clock = ManualClock(T0)
    _, session = empty(tmp_path / "home", clock)
    session.store.close()
    session.store = Store(tmp_path / "small.db", clock=clock, limits=Limits(logs=40, spans=40))
    session.telemetry = Telemetry(session.store)
    reach(session, State.OPEN, Window(T0 - 60, T0 - 10), T0 - 9)
    clock.advance(31)
    yield session
    close(session)


async def test_a_cited_trace_of_half_a_minute_outlives_what_came_after_it(session: Session) -> None:
    slow = {"trace": CITED}
    session.store.add_spans(
        [
            checkout(201, span_id="a" * 16, at=0, ms=30_000, **slow),
            call(201, span_id="b" * 16, parent="a" * 16, at=1, ms=28_000, **slow),
        ]
    )
    session.store.add_logs([log("long after it began", at=29, **slow), log("of nobody", at=15)])
    kept = await cite(session, f"trace:{CITED}")
    pinned = session.telemetry.log(2)
    await cite(session, "log:2")
    for start in range(40, 240, 20):
        session.store.add_spans([request(at=start + more, ms=1) for more in range(20)])
        session.store.add_logs([log(at=start + more) for more in range(20)])
        session.store.flush(30)
    evicted(session.store, 40)
    assert len(session.telemetry.trace(CITED).spans) == 2
    assert session.telemetry.log(1).message == "long after it began"
    assert session.telemetry.log(2) == pinned
    assert kept["summary"].endswith("30000 ms, 2 spans")


@pytest.mark.parametrize("ref", ["log:²", "log:٣", "log:-1", "log:", "log:" + "9" * 40])
async def test_what_is_no_number_of_a_record_is_refused(session: Session, ref: str) -> None:
    with pytest.raises(UsageError, match="does not name a record"):
        await cite(session, ref)
