"""Which part of a run is the incident, whatever is done in it and in whichever order."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes_session import NoCustomers, close, empty, standing
from fakes_telemetry import T0

from lab.core.clock import ManualClock
from lab.core.errors import UsageError
from lab.core.window import Window
from lab.questions.run import Run
from lab.session import customers, opening
from lab.session.session import Session


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    _, session = standing(tmp_path / "home")
    yield session
    close(session)


def ended(session: Session) -> float:
    window = session.window("incident")
    assert window is not None
    return window.end_s - T0


def test_a_load_test_before_any_fix_ends_the_incident_whatever_follows(session: Session) -> None:
    session.moments.load, session.moments.first_load_at = Window(T0 + 61, T0 + 70), T0 + 60
    assert ended(session) == 60
    session.moments.fixed_at = T0 + 75
    session.moments.load = Window(T0 + 81, T0 + 88)  # the next one, with the fix
    assert ended(session) == 60


def test_a_fix_before_any_load_test_ends_it(session: Session) -> None:
    session.moments.fixed_at = T0 + 70
    session.moments.load, session.moments.first_load_at = Window(T0 + 81, T0 + 88), T0 + 80
    assert ended(session) == 70


def test_while_a_load_test_warms_up_the_one_before_it_can_be_asked_about(session: Session) -> None:
    session.moments.earlier_load, session.moments.load = Window(T0 + 61, T0 + 70), Window(T0 + 92, T0 + 100)
    assert session.window("load") == Window(T0 + 61, T0 + 70)
    session.clock.advance(3)  # type: ignore[attr-defined]  # a ManualClock
    assert session.window("load") == Window(T0 + 92, T0 + 93)


def test_a_window_that_does_not_exist_yet_is_said_to_come_with_a_load_test_that_is_warm(session: Session) -> None:
    session.moments.load = Window(T0 + 92, T0 + 100)
    with pytest.raises(UsageError, match="no load window yet") as raised:
        Run(session.telemetry, session.named_windows()).window("load")
    assert raised.value.hint == "Run `lab load`; it begins once its customers have warmed up."


async def test_a_false_alarm_has_an_incident_like_any_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def at_once(seconds: float) -> None:
        clock.advance(seconds)
        seen.append(session.window("incident") is not None)

    clock, seen = ManualClock(T0), list[bool]()
    _, session = empty(tmp_path / "home", clock, scenario="all-quiet")
    session.windows_name = "trial"
    monkeypatch.setattr(opening, "Traffic", lambda *_given: _Opened(session))
    monkeypatch.setattr(opening.asyncio, "sleep", at_once)
    await opening.open_story(session)
    assert session.moments.broken_at is not None
    assert session.moments.open_at is not None
    assert session.moments.broken_at < session.moments.open_at
    assert seen[-1], "it exists before the message comes"
    close(session)


class _Opened(NoCustomers):
    """Customers who come at once."""

    def __init__(self, session: Session) -> None:
        super().__init__(customers.background(session))

    async def start(self) -> "_Opened":
        return self
