"""How long until customers shop, how soon a killed service is back, and what a whole lab holds in memory."""

import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import psutil

from benchmarks.harness import ROOT, Effort, Row, Theme, pss_mb, take_turns

TITLE = "A whole lab: start, reset, crash, memory"
SCENARIO = "rate-limit"
FORKED, PLAIN = "warmed processes, forked", "plain processes (LAB_NO_FORK=1)"
OPEN = ("baseline", "breaking", "open")
SETTLED_S = 6.0


class Lab:
    """One lab in a home of its own; databases are prepared once for all of them."""

    def __init__(self, cache: Path, forked: bool) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="bench-lab-"))
        if cache.exists():
            shutil.copytree(cache, self.home / "cache")
        self.holds: dict[str, float] = {}
        self.env = {**os.environ, "LAB_HOME": str(self.home), "PYTHONPATH": str(ROOT)}
        if not forked:
            self.env["LAB_NO_FORK"] = "1"

    def start(self) -> float:
        """Seconds from the command to an open shop with customers."""
        began_s = time.perf_counter()
        words = [sys.executable, "-m", "lab.cli", "start", SCENARIO, "--seed", "1", "--no-wait", "--json"]
        subprocess.run(words, env=self.env, check=True, capture_output=True, timeout=120)
        return time.perf_counter() - began_s

    def call(self, method: str, path: str, content: Any = None) -> Any:
        """One call of the console."""
        told = json.loads((self.home / "console.json").read_text(encoding="utf-8"))
        data = None if content is None else json.dumps(content).encode()
        request = urllib.request.Request(told["url"] + path, data, {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def reset(self) -> float:
        """Seconds from asking for a reset to an open shop."""
        began_s = time.perf_counter()
        self.call("POST", "/api/session/reset", {})
        while self.call("GET", "/api/session")["state"] not in OPEN:
            time.sleep(0.005)
        return time.perf_counter() - began_s

    def revive(self) -> float:
        """Seconds from kill -9 of the gateway to its next answer."""
        session = self.call("GET", "/api/session")
        url, pid = session["addresses"]["gateway"] + "/health", session["processes"]["gateway"]
        os.kill(pid, signal.SIGKILL)
        began_s = time.perf_counter()
        while True:
            try:
                with urllib.request.urlopen(url, timeout=2) as answer:
                    if json.load(answer)["pid"] != pid:
                        return time.perf_counter() - began_s
            except (urllib.error.URLError, OSError, ValueError):
                time.sleep(0.002)

    def memory_mb(self) -> dict[str, float]:
        """Proportional memory of console, proxy and services, and of everything, the customers' Locust included."""
        console = json.loads((self.home / "console.json").read_text(encoding="utf-8"))["pid"]
        everyone = [console, *(one.pid for one in psutil.Process(console).children(recursive=True))]
        customers = [pid for pid in everyone if _holds(pid, "gevent")]
        self.holds = {_name(pid): round(pss_mb([pid]), 1) for pid in everyone}
        return {"with Locust": pss_mb(everyone), "without": pss_mb([pid for pid in everyone if pid not in customers])}

    def stop(self) -> None:
        """End it and remove its home."""
        words = [sys.executable, "-m", "lab.cli", "stop"]
        subprocess.run(words, env=self.env, capture_output=True, timeout=60, check=False)
        shutil.rmtree(self.home, ignore_errors=True)


def _holds(pid: int, library: str) -> bool:
    """Whether the process has loaded the library: Locust's own runs on gevent, nothing else here does."""
    try:
        return library in Path(f"/proc/{pid}/maps").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False


def _name(pid: int) -> str:
    """What lists of processes show, as far as it tells one from the others."""
    words = psutil.Process(pid).cmdline()
    module = words[words.index("-m") + 1] if "-m" in words[:-1] else Path(words[0]).name if words else "?"
    return f"{module} {pid}"


def measure(effort: Effort) -> Theme:
    """Both ways of starting processes in turn; the median of the rounds."""
    theme = Theme(TITLE, [], ("how", "start", "reset", "gateway back", "memory without Locust", "with Locust"))
    cache = Path(tempfile.mkdtemp(prefix="bench-cache-")) / "cache"
    first = Lab(cache, forked=True)
    try:
        theme.raw["first_start_s"] = first.start()
        shutil.copytree(first.home / "cache", cache)
    finally:
        first.stop()

    def once(name: str) -> dict[str, float]:
        lab = Lab(cache, forked=name == FORKED)
        try:
            found = {"start_s": lab.start()}
            time.sleep(1.0 if effort.quick else SETTLED_S)
            found |= lab.memory_mb()
            theme.raw.setdefault("memory_mb", {})[name] = lab.holds
            found["reset_s"] = statistics.median(lab.reset() for _ in range(1 if effort.quick else 3))
            found["back_s"] = statistics.median(_later(lab.revive) for _ in range(1 if effort.quick else 3))
            return found
        finally:
            lab.stop()

    turns = take_turns([FORKED, PLAIN], effort.rounds, once)
    shutil.rmtree(cache.parent, ignore_errors=True)
    found = {
        name: {key: statistics.median(one[key] for one in many) for key in many[0]} for name, many in turns.items()
    }
    theme.raw["labs"] = found
    theme.table = [
        (
            name,
            f"{one['start_s']:.2f} s",
            f"{one['reset_s']:.2f} s",
            f"{one['back_s'] * 1000:.0f} ms",
            f"{one['without']:.0f} MB",
            f"{one['with Locust']:.0f} MB",
        )
        for name, one in found.items()
    ]
    theme.notes.append(f"The very first start of a home also builds the database: {theme.raw['first_start_s']:.1f} s")
    held = sorted(theme.raw["memory_mb"][FORKED].items(), key=lambda one: -one[1])
    shown = ", ".join(f"{name.rpartition(' ')[0]} {mb:.0f} MB" for name, mb in held)
    theme.notes.append(f"Who holds what, forked: {shown}")
    mine, plain = found[FORKED], found[PLAIN]
    for what, key, most, unit in (
        ("`lab start` to an open shop with customers", "start_s", 1.5, "s"),
        ("`lab reset` to an open shop", "reset_s", 0.4, "s"),
        ("a killed service back", "back_s", 0.1, "s"),
        ("memory of services, proxy and console (PSS)", "without", 120, "MB"),
        ("memory with Locust (PSS)", "with Locust", 200, "MB"),
    ):
        digits = 0 if unit == "MB" else 2
        theme.rows.append(
            Row(
                what,
                f"{mine[key]:.{digits}f} {unit}",
                f"plain processes {plain[key]:.{digits}f} {unit}",
                f"≤ {most:g} {unit}",
                mine[key] <= most,
            )
        )
    return theme


def _later(measured: Any) -> float:
    time.sleep(1.0)  # so that one crash is not the next one's cause
    return float(measured())
