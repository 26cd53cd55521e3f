"""A lab that nobody uses stops by itself; one that somebody uses, or that is at work, does not."""

import asyncio
from pathlib import Path

import httpx
import pytest
from fakes_session import close, standing
from fakes_telemetry import request
from starlette.types import Receive, Scope, Send

from lab.console import idle
from lab.console.app import create_app
from lab.console.idle import Idle, Noticing
from lab.core.clock import ManualClock
from lab.remote import unused
from lab.remote.unused import REPEATED
from lab.session.journal import read
from lab.session.owner import Owner
from lab.session.session import Session
from lab.session.states import State

HOUR_S = 3600.0


@pytest.fixture
def passing() -> ManualClock:
    """The time that passes."""
    return ManualClock(0.0)


@pytest.fixture
def use(passing: ManualClock) -> Idle:
    """Of a console that may be unused for two hours, and has been for three."""
    use = Idle(120, passing.now)
    passing.advance(3 * HOUR_S)
    return use


@pytest.fixture
def learning(stands: tuple[Owner, Session]) -> tuple[Owner, Session]:
    """A learner's own run, with an open incident."""
    stands[1].windows_name = "learn"
    return stands


async def asked(app: object, method: str, path: str, **more: str) -> int:
    """The status of one answer."""
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]  # any ASGI application
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:7700") as client:
        return (await client.request(method, path, headers=more, content=b"{}")).status_code


def test_it_is_over_after_the_time_given_and_not_before(passing: ManualClock) -> None:
    use = Idle(120, passing.now)
    passing.advance(2 * HOUR_S - 1)
    assert not use.over
    passing.advance(1)
    assert use.over


def test_every_use_begins_the_time_anew(passing: ManualClock, use: Idle) -> None:
    use.used()
    passing.advance(HOUR_S)
    assert not use.over


def test_with_zero_it_is_never_over(passing: ManualClock) -> None:
    use = Idle(0, passing.now)
    passing.advance(1000 * HOUR_S)
    assert not use.over


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/incident/overview"),
        ("GET", "/api/session"),
        ("POST", "/api/request"),
        ("GET", "/nowhere"),
    ],
)
async def test_pages_and_commands_are_uses(stands: tuple[Owner, Session], use: Idle, method: str, path: str) -> None:
    await asked(create_app(stands[0], use=use), method, path)
    assert not use.over


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/health", 200), ("POST", "/v1/traces", 200), ("GET", "/live/nothing", 404), ("POST", "/inbox/x", 409)],
)
async def test_what_programs_send_is_no_use(
    stands: tuple[Owner, Session], use: Idle, method: str, path: str, status: int
) -> None:
    answered = await asked(create_app(stands[0], use=use), method, path, **{"content-type": "application/json"})
    assert (use.over, answered) == (True, status)


async def test_what_a_page_of_another_site_sends_is_no_use(stands: tuple[Owner, Session], use: Idle) -> None:
    answered = await asked(create_app(stands[0], use=use), "POST", "/api/request", origin="http://elsewhere")
    assert (use.over, answered) == (True, 403)


async def test_what_a_command_repeats_by_itself_is_no_use(stands: tuple[Owner, Session], use: Idle) -> None:
    await asked(create_app(stands[0], use=use), "GET", "/api/logs", **{REPEATED: "1"})
    assert use.over


@pytest.mark.parametrize("path", ["/user/anna/lab/live/overview", "/live/overview"])
async def test_a_forgotten_page_behind_a_proxy_is_no_use(use: Idle, path: str) -> None:
    async def nothing(scope: Scope, receive: Receive, send: Send) -> None:
        return None

    scope = {"type": "http", "path": path, "root_path": "/user/anna/lab", "headers": []}
    await Noticing(nothing, use)(scope, None, None)  # type: ignore[arg-type]  # neither is touched
    assert use.over


async def test_a_lab_at_rest_is_over(learning: tuple[Owner, Session], use: Idle) -> None:
    await idle.look(learning[0], use)
    assert use.over


async def test_a_load_test_is_not_cut_short(learning: tuple[Owner, Session], use: Idle) -> None:
    async with learning[1].busy:
        await idle.look(learning[0], use)
    assert not use.over


async def test_a_start_is_not_cut_short(learning: tuple[Owner, Session], use: Idle) -> None:
    learning[1].state = State.BREAKING
    await idle.look(learning[0], use)
    assert not use.over


async def test_a_session_that_has_ended_holds_nothing_up(learning: tuple[Owner, Session], use: Idle) -> None:
    learning[1].state = State.FAILED
    await idle.look(learning[0], use)
    assert use.over


async def test_a_request_with_the_learners_key_is_a_use_once(
    learning: tuple[Owner, Session], use: Idle, passing: ManualClock
) -> None:
    owner, session = learning
    session.store.add_spans([request(service="gateway", at=80, client__key="you-reader")])
    await idle.look(owner, use)
    assert not use.over
    passing.advance(3 * HOUR_S)
    await idle.look(owner, use)
    assert use.over


async def test_requests_of_customers_are_no_use(learning: tuple[Owner, Session], use: Idle) -> None:
    owner, session = learning
    session.store.add_spans([request(service="gateway", at=80, client__key="storefront")])
    await idle.look(owner, use)
    assert use.over


async def test_a_console_that_stays_ends_its_session_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, session = standing(tmp_path / "home")
    session.windows_name = "learn"
    app = create_app(owner, use=Idle(0.0001), stays=True)  # the real clock: it is unused at once
    stopped = asyncio.Event()
    monkeypatch.setattr(session.journal, "close", stopped.set)  # the last thing that a stop does
    async with app.router.lifespan_context(app), asyncio.timeout(60):
        await stopped.wait()
    monkeypatch.undo()
    close(session)
    assert session.state is State.STOPPED
    assert session.ended_because.endswith("nobody had used it for 0.0001 minutes.")
    assert session.ended_because in (session.folder / "report.md").read_text(encoding="utf-8")


async def test_a_console_that_does_not_stay_ends_its_session_once_to_be_resumed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, session = standing(tmp_path / "home")
    session.windows_name = "learn"
    ends, stopped = 0, asyncio.Event()

    async def down() -> None:
        nonlocal ends
        ends += 1

    monkeypatch.setattr(session.runtime, "down", down)
    app = create_app(owner, stopped.set, use=Idle(0.0001))  # the real clock: it is unused at once
    async with app.router.lifespan_context(app), asyncio.timeout(60):
        await stopped.wait()
    assert ends == 1
    assert "closed" not in {entry.what for entry in read(session.journal.path)}
    word = unused.told(owner.home.root)
    assert word is not None
    assert "brings it back" in word.hint
