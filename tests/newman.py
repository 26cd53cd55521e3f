"""Runs exported collections with newman, Postman's own runner, installed from npm into a cache outside this tree."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

PACKAGES = ("newman@6.2.2", "@usebruno/converters@0.23.0")
DRIVER = Path(__file__).with_name("newman_driver.js")
INSTALL_WITHIN_S, RUN_WITHIN_S = 300, 180


@dataclass(frozen=True)
class Ran:
    """What newman saw: each request with its status, each check with its outcome (empty: it held)."""

    requests: list[dict[str, Any]] = field(default_factory=list)
    checks: list[dict[str, str]] = field(default_factory=list)
    console: list[str] = field(default_factory=list)

    @property
    def failed(self) -> list[str]:
        """The checks that did not hold, and what they said."""
        return [f"{one['request']}: {one['check']}: {one['error']}" for one in self.checks if one["error"]]


def installed() -> Path:
    """Where npm has put the packages; the test is skipped, loudly, where there is no npm or no registry."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("SKIPPED: there is no npm here, so no exported collection is run by newman")
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "faultlab-tests"
    folder = root / "-".join(one.replace("/", "_").replace("@", "_") for one in PACKAGES)
    if not (folder / "done").exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text("{}", encoding="utf-8")
        command = [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", *PACKAGES]
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=INSTALL_WITHIN_S, check=False
        )
        if done.returncode:
            pytest.skip(f"SKIPPED: npm cannot install newman here: {done.stderr.strip()[-300:]}")
        (folder / "done").touch()
    return folder


def run(*jobs: tuple[dict[str, Any], dict[str, Any]], iterations: int = 1, pause_ms: int = 0) -> list[Ran]:
    """Run collections with their environments, one after the other in one process."""
    asked = [
        {"collection": one, "environment": two, "iterations": iterations, "pause_ms": pause_ms} for one, two in jobs
    ]
    done = subprocess.run(
        ["node", str(DRIVER), str(installed())],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=RUN_WITHIN_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return [Ran(**one) for one in json.loads(done.stdout)]


def bruno(collection: dict[str, Any]) -> dict[str, Any]:
    """What Bruno's own converter makes of a collection; the test fails when it refuses it."""
    done = subprocess.run(
        ["node", str(DRIVER), str(installed()), "bruno"],
        input=json.dumps(collection),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=RUN_WITHIN_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    converted: dict[str, Any] = json.loads(done.stdout)
    return converted


def changed(collection: dict[str, Any], change: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """A copy of a collection in which every item was changed."""
    copy: dict[str, Any] = json.loads(json.dumps(collection))
    for item in items(copy["item"]):
        change(item)
    return copy


def items(found: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Every request below folders, in order."""
    return [inner for one in found for inner in (items(one["item"]) if "item" in one else [one])]
