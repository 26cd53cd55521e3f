"""`lab` in the console's own container, as `docker compose exec lab lab …` runs it."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes_console import FakeConsole
from lab_on_fakes import Lab


@pytest.fixture
def console(home: Path) -> Iterator[FakeConsole]:
    """One that says it is in a container."""
    console = FakeConsole(home).start()
    told = json.loads((home / "console.json").read_text(encoding="utf-8"))
    (home / "console.json").write_text(json.dumps({**told, "contained": True}), encoding="utf-8")
    console.answers["POST", "/api/session/stop"] = {"report": None}
    yield console
    console.close()


def test_stop_says_that_the_containers_go_on(lab: Lab, console: FakeConsole) -> None:
    result = lab("stop")
    assert result.code == 0, result.err
    assert result.out.startswith("Stopped; the containers go on, ready for another start.\n")


def test_a_start_without_containers_is_sent_outside_of_them(lab: Lab, console: FakeConsole) -> None:
    console.answers["GET", "/api/session"] = (404, {"detail": "none", "hint": "none", "kind": "NothingRunning"})
    result = lab("start", "webhooks", "--runtime", "embedded")
    assert result.code == 4
    assert "Use a `lab` outside of the containers" in " ".join(result.err.split())
