"""Lessons to export: every shipped scenario, with the services' own contracts."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lab.export.gather import of_scenario
from lab.export.lesson import Lesson
from lab.runtimes.contracts import contracts
from lab.scenario import catalog

SHIPPED = sorted(path.parent.name for path in catalog.shipped_dir().glob("*/scenario.yaml"))
SECRET = "bean_a-secret-of-mine"
ADDRESSES = {
    "baseUrl": "http://127.0.0.1:8017",
    "sandboxUrl": "http://127.0.0.1:20417",
    "inboxUrl": "http://127.0.0.1:7717/inbox/x",
}


@pytest.fixture(scope="session")
def known_contracts() -> dict[str, Any]:
    """The contracts of who receives requests."""
    found = contracts(["gateway", "partner"])
    return {"shop": found["gateway"], "sandbox": found["partner"]}


@pytest.fixture(params=SHIPPED)
def lesson(request: pytest.FixtureRequest, known_contracts: dict[str, Any]) -> Lesson:
    """One shipped lesson, as if it ran, with keys and addresses."""
    return made(request.param, known_contracts)


def made(name: str, known: dict[str, Any]) -> Lesson:
    """A lesson with addresses and secrets filled in."""
    alone = of_scenario(name, known, 1)
    secrets = {variable: f"{SECRET}-{variable}" for variable in alone.secrets}
    return Lesson(alone.id, alone.title, alone.summary, alone.parts, alone.contracts, ADDRESSES, secrets)


@pytest.fixture
def lesson_called(known_contracts: dict[str, Any]) -> Callable[[str], Lesson]:
    """A shipped lesson by its id."""
    return lambda name: made(name, known_contracts)


@pytest.fixture
def here() -> Path:
    """The folder of vendored files."""
    return Path(__file__).parents[2] / "vendor"
