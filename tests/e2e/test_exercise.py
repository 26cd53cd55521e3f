"""An exercise with any client: what it downloads, curl commands that do the steps, and steps that outlive a crash."""

import json
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from one_console import OneConsole

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(600),
    pytest.mark.skipif(shutil.which("curl") is None, reason="NOT TESTED: there is no curl on this machine"),
]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def lab(home: Path) -> Iterator[OneConsole]:
    with OneConsole(home) as lab:
        yield lab


def step(lab: OneConsole, name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(
        one for question in lab.console.get("/api/steps")["questions"] for one in question["steps"] if one["id"] == name
    )
    return found


def written(lab: OneConsole) -> int:
    """How many steps the session has ticked so far."""
    return sum(one["text"].startswith("Step done: ") for one in lab.console.get("/api/report")["data"]["timeline"])


def curled(command: str) -> int:
    """Paste a command; the status of the answer."""
    said = subprocess.run([*shlex.split(command), "--max-time", "10"], capture_output=True, text=True, check=True)
    return int(said.stdout.split()[1])


def test_what_is_taken_along_holds_the_live_port_and_secrets_only_where_they_belong(lab: OneConsole) -> None:
    session = lab.start("webhooks")
    with urlopen(f"{lab.console.url}/api/export/postman/collection", timeout=30) as answer:
        assert "beanline-webhooks.postman_collection.json" in answer.headers["Content-Disposition"]
        collection = answer.read().decode()
    with urlopen(f"{lab.console.url}/api/export/postman/environment", timeout=30) as answer:
        assert "beanline-webhooks.postman_environment.json" in answer.headers["Content-Disposition"]
        environment = json.load(answer)
    secrets = [one["value"] for one in environment["values"]]
    assert len(secrets) == 2
    assert all(secrets)
    assert not [secret for secret in secrets if secret in collection]
    assert {one["type"] for one in environment["values"]} == {"secret"}
    variables = {one["key"]: one["value"] for one in json.loads(collection)["variable"]}
    assert variables["baseUrl"] == session["addresses"]["gateway"]
    tried = lab.console.post("/api/request", {"method": "GET", "path": "/api/v1/products"})
    assert curled(tried["curl"]) == 200
    lab.steps()
    ours, pasted = lab.console.get("/api/received")[-2:]
    assert (ours["client"], pasted["client"]) == ("console", "curl")
    assert ours["trace_id"] != pasted["trace_id"]


def test_pasted_curl_commands_do_steps_which_outlive_the_console(lab: OneConsole, home: Path) -> None:
    lab.start("webhooks")
    assert curled(step(lab, "register")["curl"]) == 201
    assert curled(step(lab, "pay")["curl"]) == 201
    done = {name for name, ticked in lab.steps().items() if ticked}
    assert {"register", "pay"} <= done
    lab.until(lambda _: written(lab) >= len(done))
    lab.crash()
    with OneConsole(home) as again:
        again.start("webhooks")
        assert {name for name, ticked in again.steps().items() if ticked} >= done
        assert curled(step(again, "register")["curl"]) == 201
        assert curled(step(again, "pay")["curl"]) == 201
