"""Load on one server: wrk for how many and how fast, a client of our own for how late."""

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from benchmarks.harness import LOAD_CORE, PROGRAMS, Program, placed
from benchmarks.peers import debian

_UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}


def wrk(
    server: Program,
    path: str,
    connections: int,
    seconds: float,
    *,
    headers: Mapping[str, str] | None = None,
    body: str | None = None,
) -> dict[str, float]:
    """Requests per second, the median in ms, and what each request cost the server in µs of processor time.

    `rps_core` is how many a core of its own would serve: that figure does not mind what else runs on the machine.
    """
    command = [*debian.command("wrk"), "-t1", f"-c{connections}"]
    command += [f"-d{max(1, round(seconds))}s", "--latency", "--timeout", "10s"]
    for name, value in (headers or {}).items():
        command += ["-H", f"{name}: {value}"]
    with tempfile.TemporaryDirectory() as folder:
        if body is not None:
            script = Path(folder) / "post.lua"
            script.write_text(f"wrk.method = 'POST'\nwrk.body = {json.dumps(body)}\n", encoding="utf-8")
            command += ["-s", str(script)]
        before_s = server.cpu_s()
        done = subprocess.run(
            [*command, f"{server.url}{path}"],
            capture_output=True,
            text=True,
            check=True,
            env=debian.environment(),
            preexec_fn=placed(LOAD_CORE),
        )
        used_s = server.cpu_s() - before_s
    said = done.stdout
    if "Non-2xx" in said or "Socket errors" in said:
        raise RuntimeError(f"{server.name} answered with errors: {said.strip().splitlines()[-3:]}")
    requests = int(re.search(r"(\d+) requests in", said)[1])  # type: ignore[index]  # wrk's own format
    value, unit = re.search(r"50%\s+([\d.]+)(us|ms|s|m)", said).groups()  # type: ignore[union-attr]  # as above
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1])  # type: ignore[index]  # as above
    cpu_us = used_s / requests * 1e6 if requests else float("nan")
    return {"p50_ms": float(value) * _UNITS[unit], "rps": rate, "cpu_us": cpu_us, "rps_core": 1e6 / cpu_us}


def durations(server: Program, path: str, connections: int, seconds: float) -> dict[str, float]:
    """Percentiles of how long answers took, in ms, by exact nearest rank, and how many there were."""
    command = [sys.executable, str(PROGRAMS / "late_client.py"), str(server.port), str(connections), str(seconds), path]
    done = subprocess.run(command, capture_output=True, text=True, check=True, preexec_fn=placed(LOAD_CORE))
    return dict(json.loads(done.stdout))
