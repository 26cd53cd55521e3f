"""`docker compose up` alone, for somebody without Python: the whole lab, and `lab` in its own container."""

import json
import os
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from contained_lab import IMAGE, Contained, docker, leftovers, wait_until

from lab.containers.life import REMOVAL
from lab.core import ports

pytestmark = [pytest.mark.docker, pytest.mark.timeout(600)]
ROOT = Path(__file__).parents[2]


class Alone(Contained):
    """Only what Docker brings."""

    def __init__(self, home: Path) -> None:
        super().__init__(home)
        self.console_port, self.gateway_port, self.prometheus_port = ports.pick(3)

    def compose(self, *words: str) -> str:
        """What `docker compose` says."""
        own = {
            "LAB_IMAGE": IMAGE,
            "LAB_ID": self.project,
            "LAB_PORT": str(self.console_port),
            "GATEWAY_PORT": str(self.gateway_port),
            "PROMETHEUS_VERSION": "latest",  # the one that CI has
            "PROMETHEUS_PORT": str(self.prometheus_port),
        }
        done = subprocess.run(
            ["docker", "compose", "--project-name", self.project, *words],
            env={**os.environ, **own},
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=400,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def there(self, *words: str) -> Any:
        """The JSON that `lab` in the console's container answers."""
        return json.loads(self.compose("exec", "--no-TTY", "lab", "lab", *words, "--json"))


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alone]:
    lab = Alone(tmp_path_factory.mktemp("alone") / "home")
    try:
        lab.compose("up", "--detach", "--wait")
        yield lab
    finally:
        lab.clean_up()


def test_everything_is_healthy_and_the_console_says_how_to_begin(alone: Alone) -> None:
    states = {name: alone.state(name)["Health"]["Status"] for name in ("lab", "gateway", "orders", "partner", "db")}
    assert set(states.values()) == {"healthy"}
    with urllib.request.urlopen(f"http://127.0.0.1:{alone.console_port}/", timeout=5) as page:
        assert b"Faultlab" in page.read()


def test_a_scenario_is_started_on_the_page_and_seen_by_lab_in_the_container(alone: Alone) -> None:
    form = urllib.parse.urlencode({"scenario": "slow-partner", "seed": "3", "pace": "prove"}).encode()
    address = f"http://127.0.0.1:{alone.console_port}/start"
    asked = urllib.request.Request(address, form, {"Sec-Fetch-Site": "same-origin"})
    with urllib.request.urlopen(asked, timeout=30) as answer:
        assert answer.geturl().endswith("/incident/overview")
    assert alone.there("status")["runtime"] == "compose"
    wait_until(lambda: alone.there("status")["state"] not in ("starting",), 90, "the shop")
    status = alone.there("status")
    assert (status["scenario"], status["seed"]) == ("slow-partner", 3)
    assert status["addresses"]["gateway"] == f"http://127.0.0.1:{alone.gateway_port}"


def test_stopping_in_the_container_ends_the_session_and_another_start_begins_one(alone: Alone) -> None:
    before = alone.state("lab")["StartedAt"]
    assert alone.there("stop")["stopped"] is True
    again = alone.there("start", "rate-limit", "--no-wait")
    assert (again["scenario"], again["runtime"]) == ("rate-limit", "compose")
    assert alone.there("stop")["report"].startswith("/var/lib/faultlab/sessions/")
    assert alone.state("lab")["StartedAt"] == before, "the console's container is the same"


def test_a_scenario_of_ones_own_is_found_in_the_folder_that_is_shown(alone: Alone) -> None:
    assert {one["id"] for one in alone.there("list", "--scenarios", "/scenarios")} >= {"rate-limit", "slow-partner"}


def test_down_with_volumes_leaves_nothing(alone: Alone) -> None:
    alone.compose("--profile", "observability", "up", "--detach", "--no-deps", "prometheus")
    alone.compose(*REMOVAL.removeprefix("docker compose ").split(), "--timeout", "2")
    assert leftovers(alone.project) == []
    assert docker("ps", "--quiet", "--filter", f"label=com.docker.compose.project={alone.project}") == ""
