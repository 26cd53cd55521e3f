"""Drives a lab in containers as a learner does, and does to its containers what an engine can."""

import json
import os
import subprocess
import time
from pathlib import Path
from typing import Any

from whole_lab import WholeLab, eventually

from lab.containers.engine import LABEL, connect
from lab.containers.project import name_for

IMAGE = "faultlab-test"


def docker(*words: str, within_s: float = 60) -> str:
    """What a Docker command says; the test fails when it does not end with 0."""
    done = subprocess.run(["docker", *words], capture_output=True, text=True, timeout=within_s, check=False)
    assert done.returncode == 0, f"docker {' '.join(words)}: {done.stderr}"
    return done.stdout.strip()


class Contained(WholeLab):
    """`lab` in one LAB_HOME, its containers those of a project of their own."""

    def __init__(self, home: Path, **env: str) -> None:
        super().__init__(home)
        self.project = name_for(home, Path("/usual"))
        self.more = {"LAB_IMAGE": IMAGE, **env}

    def env(self) -> dict[str, str]:
        return {**super().env(), **self.more}

    def container(self, service: str) -> str:
        """The name of a service's container."""
        return f"{self.project}-{service}-1"

    def inside(self, service: str, script: str) -> str:
        """What a shell in the container says."""
        return docker("exec", self.container(service), "sh", "-c", script)

    def python(self, service: str, script: str) -> str:
        """What Python in the container says."""
        return docker("exec", self.container(service), "python", "-c", script)

    def state(self, service: str) -> dict[str, Any]:
        """The state of a container."""
        told: dict[str, Any] = json.loads(docker("inspect", "--format", "{{json .State}}", self.container(service)))
        return told

    def crash(self, service: str) -> None:
        """End the container's first process, as the kernel does when memory runs out."""
        os.kill(self.state(service)["Pid"], 9)

    def said(self) -> list[str]:
        """The timeline of the session."""
        return [one["text"] for one in self.get("report")["data"]["timeline"]]

    def shop_answers(self) -> bool:
        """Whether a customer can look at products."""
        said = self.run("request", "GET", "/api/v1/products?limit=1", "--json")
        return said.code == 0 and said.json["status"] == 200

    def clean_up(self) -> None:
        """Whatever a test left."""
        engine = connect()
        try:
            engine.remove(self.project)
        finally:
            engine.close()


def leftovers(project: str) -> list[str]:
    """Containers, networks and volumes of a project."""
    wanted = ("--quiet", "--filter", f"label={LABEL}={project}")
    found = [docker("ps", "--all", *wanted), docker("network", "ls", *wanted), docker("volume", "ls", *wanted)]
    return " ".join(found).split()


def wait_until(true: Any, within_s: float = 40.0, what: str = "") -> None:
    """Fail when it does not come true in time."""
    began = time.monotonic()
    assert eventually(true, within_s), f"{what or 'it'} did not come true in {time.monotonic() - began:.0f} s"
