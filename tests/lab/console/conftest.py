"""A console around a session that stands still, asked without a network."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from fakes_session import close, standing
from fastapi import FastAPI

from lab.console.app import create_app
from lab.session.owner import Owner
from lab.session.session import Session


@pytest.fixture
def stands(tmp_path: Path) -> Iterator[tuple[Owner, Session]]:
    """The owner and its session, with an open incident."""
    owner, session = standing(tmp_path / "home")
    yield owner, session
    close(session)


@pytest.fixture
def session(stands: tuple[Owner, Session]) -> Session:
    """The session alone."""
    return stands[1]


@pytest.fixture(scope="module")
def read_only(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    """A console that tests only look at, made once for all of them."""
    owner, session = standing(tmp_path_factory.mktemp("reader") / "home")
    yield create_app(owner)
    close(session)


def visiting(app: FastAPI) -> httpx.AsyncClient:
    """What a browser would be: it wants pages, comes from the console's own page, and is not led on by itself."""
    headers = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}
    transport = httpx.ASGITransport(app=app)
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:7700", headers=headers)


@pytest.fixture
async def client(stands: tuple[Owner, Session]) -> AsyncIterator[httpx.AsyncClient]:
    """A visitor of a console of its own."""
    async with visiting(create_app(stands[0])) as client:
        yield client


@pytest.fixture
async def reader(read_only: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A visitor who changes nothing."""
    async with visiting(read_only) as client:
        yield client
