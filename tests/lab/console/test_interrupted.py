"""What was interrupted, as the start page offers it, and as a console that ends leaves word of it."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from fakes_session import FakeRuntime, close
from fakes_telemetry import T0

from lab.console import idle
from lab.console.app import create_app
from lab.core.clock import ManualClock
from lab.core.errors import EnvironmentLacks
from lab.remote import unused
from lab.scenario import draw, find
from lab.scenario.catalog import shipped_dir
from lab.session.home import Home
from lab.session.journal import FORMAT, Journal
from lab.session.owner import Owner
from lab.session.session import Session
from lab.session.states import State

RESUME, TRY_AGAIN, KEPT = ">Resume</button>", ">Try again</button>", "Your answers are kept."


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    """The scenario that was interrupted, in a folder of its own."""
    return Path(shutil.copytree(shipped_dir() / "slow-partner", tmp_path / "mine"))


@pytest.fixture
def owner(tmp_path: Path, scenario: Path) -> Owner:
    """A new console's, in a home where a run was interrupted."""
    home, clock = Home(tmp_path / "home"), ManualClock(T0)
    journal = Journal(home.sessions / "0ab1" / "journal.jsonl", clock)
    journal.write("opened", format=FORMAT, scenario="mine", path=str(scenario), seed=4, windows="learn")
    journal.write("state", state="open")
    journal.close()
    clock.advance(60)
    return Owner(home, clock, "nonce", launcher=None)  # type: ignore[arg-type]  # launches nothing


@pytest.fixture
def fails(owner: Owner) -> Iterator[Callable[[Path, bool], Session]]:
    """A start of a scenario that failed, going on with what was interrupted or not."""
    made: list[Session] = []

    def fail(scenario: Path, resumes: bool) -> Session:
        variant = draw(find(str(scenario)), 4)
        made.append(owner.build(variant, FakeRuntime(), "learn", owner.unfinished if resumes else None))
        made[-1].state = State.FAILED
        made[-1].error = EnvironmentLacks("Port 8000 is taken.", "Give another one.")
        owner.session = made[-1]
        return made[-1]

    yield fail
    for session in made:
        close(session)


async def start_page(owner: Owner) -> str:
    transport = httpx.ASGITransport(app=create_app(owner))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:7700") as client:
        return (await client.get("/", headers={"Accept": "text/html"})).text


async def test_the_start_page_offers_to_resume_it(owner: Owner) -> None:
    page = await start_page(owner)
    assert RESUME in page
    assert "mine, seed 4" in page


async def test_what_cannot_be_found_any_more_is_not_offered(owner: Owner, scenario: Path) -> None:
    shutil.rmtree(scenario)
    assert RESUME not in await start_page(owner)


async def test_when_resuming_failed_the_page_says_why_and_offers_that_again(
    owner: Owner, scenario: Path, fails: Callable[[Path, bool], Session]
) -> None:
    session = fails(scenario, True)
    page = await start_page(owner)
    assert "Port 8000 is taken." in page
    assert KEPT in page
    assert page.count(TRY_AGAIN) == 1
    assert RESUME not in page
    again = owner.resumable(session.variant.scenario.id, session.variant.seed)
    assert again is not None, "what the button sends goes on with the interrupted run"


async def test_when_something_else_failed_the_page_offers_both(
    owner: Owner, fails: Callable[[Path, bool], Session]
) -> None:
    fails(shipped_dir() / "rate-limit", False)
    page = await start_page(owner)
    assert page.index(TRY_AGAIN) < page.index(RESUME)
    assert KEPT not in page


async def test_a_console_in_which_nobody_resumed_it_leaves_word_that_one_can(owner: Owner) -> None:
    async def end() -> None:
        return None

    await idle.end_console(owner, idle.Idle(120), end)
    word = unused.told(owner.home.root)
    assert word is not None
    assert "brings it back with the same scenario and your answers" in word.hint
