"""A whole lab in a home of its own: started, looked at and ended as a learner's is."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import psutil

from benchmarks.harness import ROOT, pss_mb

SCENARIO = "rate-limit"
OPEN = ("baseline", "breaking", "open")
START_S = 120
NAMES = {"lab.console": "console", "lab.load.zygote": "customers, warm"}
"""What a process is for, where lists of processes show a module's name."""


class Lab:
    """One lab; `cache`, once it exists, spares it the preparing of the shop's database."""

    def __init__(self, cache: Path, forked: bool = True) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="bench-lab-"))
        if cache.exists():
            shutil.copytree(cache, self.home / "cache")
        self.holds: dict[str, float] = {}
        self.env = {**os.environ, "LAB_HOME": str(self.home), "PYTHONPATH": str(ROOT)}
        if not forked:
            self.env["LAB_NO_FORK"] = "1"

    def start(self, *more: str) -> float:
        """Seconds from the command to an open shop with customers; RuntimeError when it does not come to that."""
        began_s = time.perf_counter()
        words = [sys.executable, "-m", "lab.cli", "start", SCENARIO, "--seed", "1", "--no-wait", "--json", *more]
        try:
            done = subprocess.run(words, env=self.env, check=False, capture_output=True, timeout=START_S)
        except subprocess.TimeoutExpired:
            raise RuntimeError(f"it did not start within {START_S} s") from None
        if done.returncode:
            raise RuntimeError(why(done))
        return time.perf_counter() - began_s

    def call(self, method: str, path: str, content: Any = None) -> Any:
        """One call of the console."""
        data = None if content is None else json.dumps(content).encode()
        url = self._console()["url"] + path
        request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def until(self, *states: str, within_s: float = 60.0) -> None:
        """Until its session is in one of these states; RuntimeError when it never is."""
        until_s = time.monotonic() + within_s
        while (state := self.call("GET", "/api/session")["state"]) not in states:
            if time.monotonic() > until_s:
                raise RuntimeError(f"a lab is still {state}, not {' or '.join(states)}")
            time.sleep(0.1)

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
        everyone = self.processes()
        customers = [pid for pid in everyone if _holds(pid, "gevent")]
        self.holds = {f"{name} {pid}": round(pss_mb([pid]), 1) for pid, name in everyone.items()}
        rest = [pid for pid in everyone if pid not in customers]
        return {"with Locust": pss_mb([*everyone]), "without": pss_mb(rest)}

    def processes(self) -> dict[int, str]:
        """Every process of it by its id, with what it is for."""
        console = int(self._console()["pid"])
        everyone = [console, *(one.pid for one in psutil.Process(console).children(recursive=True))]
        return {pid: _name(pid) for pid in everyone}

    def stop(self) -> None:
        """End it and remove its home."""
        words = [sys.executable, "-m", "lab.cli", "stop"]
        subprocess.run(words, env=self.env, capture_output=True, timeout=60, check=False)
        shutil.rmtree(self.home, ignore_errors=True)

    def _console(self) -> dict[str, Any]:
        return dict(json.loads((self.home / "console.json").read_text(encoding="utf-8")))


def why(done: "subprocess.CompletedProcess[bytes]") -> str:
    """The sentence that a command of `lab` failed with."""
    _, error, told = done.stderr.decode(errors="replace").partition("Error:")
    sentence = " ".join(told.partition("Try:")[0].split())
    return sentence.rstrip(".") if error else f"it ended with {done.returncode}"


def _holds(pid: int, library: str) -> bool:
    """Whether the process has loaded the library: Locust's own runs on gevent, nothing else here does."""
    try:
        return library in Path(f"/proc/{pid}/maps").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False


def _name(pid: int) -> str:
    """What lists of processes show, as far as it tells one from the others."""
    words = psutil.Process(pid).cmdline()
    if "-m" in words[:-1]:
        module = words[words.index("-m") + 1]
        return NAMES.get(module, module)
    return Path(words[0]).name if words else "?"
