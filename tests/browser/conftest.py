"""A real lab in a real browser: one console for all tests here, and a page that tells on itself."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser
from whole_lab import WholeLab
from whole_page import ARGS, CHROMIUM, Console, Incident, Shown, open_page


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    return {"executable_path": CHROMIUM, "args": ARGS}


@pytest.fixture(scope="session")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """A console without a session, started as `lab open` starts it."""
    lab = WholeLab(tmp_path_factory.mktemp("browser") / "home")
    try:
        yield Console(lab, lab.get("open", "--no-browser")["url"].rstrip("/"))
        lab.run("stop")
    finally:
        lab.clean_up()


@pytest.fixture(scope="session")
def prepared() -> dict[str, Incident]:
    """Session → the incident that was prepared in it."""
    return {}


@pytest.fixture(scope="module")
def incident(console: Console, prepared: dict[str, Incident]) -> Incident:
    """One open incident that tests of single pages share; they keep and add, and take nothing away."""
    running = "" if console.state() == "none" else console.get("/api/session")["id"]
    if console.state() != "open" or running not in prepared:
        made = Incident.prepare(console)
        prepared[console.get("/api/session")["id"]] = made
        return made
    return prepared[running]


@pytest.fixture
def shown(browser: Browser, console: Console) -> Iterator[Shown]:
    """A page at 1280 in light colours; whatever it complained of fails the test."""
    found, context = open_page(browser, console)
    yield found
    context.close()
    assert found.witness.complaints == []
