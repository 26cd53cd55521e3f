"""The same lab in containers: until customers shop, a second start, a killed service, memory, the image's size."""

import json
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.harness import Effort, Row, Theme
from benchmarks.themes.startup import SETTLED_S
from benchmarks.whole_lab import SCENARIO, Lab

TITLE = "A whole lab in containers: start, reset, crash, memory, image"
IMAGE = "faultlab-bench"
START_S, MEMORY_MB, CONTAINERS = 8.0, 700, 5


class Containers(Lab):
    """One lab in containers, in a home of its own."""

    def __init__(self) -> None:
        super().__init__(Path("/nowhere"), forked=True)
        self.env["LAB_IMAGE"] = IMAGE

    def start(self, *more: str) -> float:
        """Seconds from the command to an open shop with customers."""
        began_s = time.perf_counter()
        words = ["start", SCENARIO, "--runtime", "compose", "--seed", "1", "--no-wait", "--json", *more]
        done = subprocess.run([sys.executable, "-m", "lab.cli", *words], env=self.env, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(" ".join(done.stderr.split()))
        return time.perf_counter() - began_s

    def revive(self) -> float:
        """Seconds from kill -9 of the gateway in its container to its next answer."""
        session = self.call("GET", "/api/session")
        pid = session["processes"]["gateway"]
        _docker("exec", f"{self.project}-gateway-1", "sh", "-c", f"kill -9 {pid}")
        began_s = time.perf_counter()
        while self.call("GET", "/api/session")["processes"].get("gateway") in (pid, None):
            time.sleep(0.002)
        return time.perf_counter() - began_s

    @property
    def project(self) -> str:
        """What Compose calls it."""
        return str(json.loads((self.home / "console.json").read_text(encoding="utf-8"))["project"])

    def memory_mb(self) -> dict[str, float]:
        """What each container holds, as `docker stats` counts it: without what the kernel may drop."""
        names = _docker("ps", "--filter", f"label=faultlab.lab={self.project}", "--format", "{{.Names}}").split()
        self.holds = {name.removeprefix(f"{self.project}-")[:-2]: round(_memory_mb(name), 1) for name in names}
        return {"all": sum(self.holds.values()), "containers": float(len(names))}


def _memory_mb(container: str) -> float:
    used = _docker("stats", "--no-stream", "--format", "{{.MemUsage}}", container).split("/")[0].strip()
    for unit, factor in (("GiB", 1024.0), ("MiB", 1.0), ("KiB", 1 / 1024)):
        if used.endswith(unit):
            return float(used.removesuffix(unit)) * factor
    return 0.0


def _docker(*words: str) -> str:
    done = subprocess.run(["docker", *words], capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        raise RuntimeError(f"docker {words[0]}: {' '.join(done.stderr.split())}")
    return done.stdout.strip()


def measure(effort: Effort) -> Theme:
    """The median of the rounds; the image is built before."""
    theme = Theme(TITLE, [], ("container", "memory"))
    if shutil.which("docker") is None:
        raise RuntimeError("there is no Docker here")
    _docker("info")
    _docker("compose", "version")
    theme.raw["first_start_s"] = _first_start()
    rounds: list[dict[str, float]] = []
    holds: dict[str, float] = {}
    for _ in range(1 if effort.quick else max(3, effort.rounds)):
        lab = Containers()
        try:
            found = {"start_s": lab.start()}
            time.sleep(1.0 if effort.quick else SETTLED_S)
            found |= lab.memory_mb()
            found["reset_s"] = lab.reset()
            found["back_s"] = lab.revive()
            holds = lab.holds
        finally:
            lab.stop()
        rounds.append(found)
    middle: dict[str, Any] = {name: statistics.median(one[name] for one in rounds) for name in rounds[0]}
    size_mb = int(_docker("image", "inspect", "--format", "{{.Size}}", IMAGE)) / 1e6
    base_mb = int(_docker("image", "inspect", "--format", "{{.Size}}", "python:3.13-slim")) / 1e6
    _docker("rmi", "--force", IMAGE)
    theme.raw |= {"rounds": rounds, "memory_mb": holds, "image_mb": size_mb, "base_image_mb": base_mb}
    theme.table = [(name, f"{mb:.0f} MB") for name, mb in holds.items()]
    theme.rows = [
        Row(
            "`lab start --runtime compose`, images built, until customers shop",
            f"{middle['start_s']:.1f} s",
            f"best of {len(rounds)}: {min(one['start_s'] for one in rounds):.1f} s",
            f"≤ {START_S:.0f} s",
            middle["start_s"] <= START_S,
        ),
        Row("the next start in the same containers (reset)", f"{middle['reset_s']:.1f} s", "–", "–", None),
        Row("a killed service back in its container", f"{middle['back_s'] * 1000:.0f} ms", "–", "–", None),
        Row(
            "memory of all containers, customers shopping",
            f"{middle['all']:.0f} MB",
            "OpenTelemetry Demo: 26 containers, about 3.5 GB",
            f"≤ {MEMORY_MB} MB",
            middle["all"] <= MEMORY_MB,
        ),
        Row(
            "containers",
            f"{middle['containers']:.0f}",
            "–",
            f"≤ {CONTAINERS}",
            middle["containers"] <= CONTAINERS,
        ),
        Row("the image of console and services", f"{size_mb:.0f} MB", f"its base: {base_mb:.0f} MB", "–", None),
    ]
    theme.notes = [
        "Every start makes its volumes and its database anew, and fills it with 100,000 orders",
        "The image `postgres:17` comes on top; its size is its maker's",
    ]
    return theme


def _first_start() -> float:
    lab = Containers()
    try:
        return lab.start()
    finally:
        lab.stop()
