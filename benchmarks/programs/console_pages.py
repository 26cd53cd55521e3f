"""The console with a million log records behind it: how fast its pages come, what a live overview costs; JSON.

    python benchmarks/programs/console_pages.py [--logs 1000000] [--spans 200000] [--rounds 15] [--watch 30]

For each page p50, p95 and the slowest answer in ms; the share of one core that the console takes with `--live` records
arriving a second, first with nobody looking, then with one browser's stream of the overview open.
"""

import argparse
import json
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path
from typing import Any

import psutil

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parents[1]), str(HERE.parents[1] / "tests"), str(HERE)]

HOUR_S = 3600.0


def serve(arguments: argparse.Namespace) -> None:
    """Fill a session's store, keep records arriving, and serve the console around it."""
    import uvicorn
    from fakes_session import empty, reach
    from fill_and_ask import Shop, fill

    from lab.console.app import create_app
    from lab.core.clock import SystemClock
    from lab.core.window import Window
    from lab.session.states import State

    with tempfile.TemporaryDirectory() as folder:
        owner, session = empty(Path(folder) / "home", SystemClock())
        shop, end = Shop(1), time.time()
        fill(session.store, shop, end - HOUR_S, arguments.logs, arguments.spans)
        session.moments.started = end - HOUR_S
        reach(session, State.OPEN, Window(end - HOUR_S, end - HOUR_S + 60), end - HOUR_S + 120)

        def arrive() -> None:
            while True:
                began = time.monotonic()
                spans, logs = [], []
                while len(logs) < arguments.live * 0.2:
                    more_spans, more_logs = shop.request(time.time())
                    spans += more_spans
                    logs += more_logs
                session.store.add_spans(spans)
                session.store.add_logs(logs)
                time.sleep(max(0.0, 0.2 - (time.monotonic() - began)))

        threading.Thread(target=arrive, daemon=True).start()
        held = session.store.stats()
        print(f"ready {held.logs} {held.spans}", flush=True)
        uvicorn.run(create_app(owner), host="127.0.0.1", port=arguments.port, log_level="error")


def pages(url: str, rng: random.Random) -> dict[str, str]:
    """Every tab, with what one would search for on it."""
    log = ask(f"{url}/api/logs?limit=1")["logs"][0]["id"]
    trace = rng.choice(ask(f"{url}/api/traces?limit=100")["traces"])["trace_id"]
    word = rng.choice(["refused", "placed", "level:warn", "service:orders level:error", "status:>=500"])
    return {
        "overview": "incident/overview",
        "overview, whole run": "incident/overview?since=all",
        "overview, one route": "incident/overview?service=gateway&route=POST+/api/v1/orders&since=incident",
        "overview, an edge": "incident/overview?edge=orders->partner&since=all",
        "map": "incident/map?since=all",
        "logs": "incident/logs",
        "logs, searched": f"incident/logs?q={word.replace(' ', '+')}",
        "one log": f"incident/logs/{log}",
        "traces": "incident/traces",
        "traces, searched": "incident/traces?q=status:error+duration:>200",
        "one trace": f"incident/traces/{trace}",
        "database": "incident/database",
        "changes": "incident/changes",
        "glossary": "incident/glossary",
        "answer": "answer",
        "fix": "fix",
        "debrief": "debrief",
        "progress": "progress",
        "home": "",
    }


def ask(url: str, accept: str = "application/json") -> Any:
    """One GET; JSON when that is what comes back."""
    request = urllib.request.Request(url, headers={"Accept": accept})
    with urllib.request.urlopen(request, timeout=60) as answer:
        text = answer.read()
        return json.loads(text) if "json" in answer.headers["content-type"] else text


def cpu(process: psutil.Process, seconds: float) -> float:
    """The share of one core that a process takes over so many seconds."""
    before, began = sum(process.cpu_times()[:2]), time.monotonic()
    time.sleep(seconds)
    return (sum(process.cpu_times()[:2]) - before) / (time.monotonic() - began)


def watched(url: str, process: psutil.Process, seconds: float) -> dict[str, Any]:
    """As `cpu`, with one stream of the overview open; and how many updates came."""
    updates, size, done = 0, 0, threading.Event()
    stream = urllib.request.urlopen(f"{url}/live/overview", timeout=60)

    def read() -> None:
        nonlocal updates, size
        for line in stream:
            size += len(line)
            updates += line == b"\n"
            if done.is_set():
                return

    threading.Thread(target=read, daemon=True).start()
    time.sleep(2)
    updates = size = 0
    share = cpu(process, seconds)
    found = {"core": share, "updates": updates, "kb_per_update": round(size / 1000 / max(1, updates), 1)}
    done.set()
    return found


def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """Start the server, ask it, watch it, end it."""
    from fill_and_ask import p

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        arguments.port = free.getsockname()[1]
    words = [sys.executable, __file__, "--serve", "--port", str(arguments.port)]
    words += [f"--{name}={getattr(arguments, name)}" for name in ("logs", "spans", "live")]
    server = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        ready, *held = server.stdout.readline().split() or ["not ready"]
        assert ready == "ready", "the server did not get ready"
        url, process, rng = f"http://127.0.0.1:{arguments.port}", psutil.Process(server.pid), random.Random(7)
        until = time.monotonic() + 30
        while time.monotonic() < until:
            try:
                ask(f"{url}/health")
                break
            except OSError:
                time.sleep(0.1)
        took: dict[str, list[float]] = {}
        for number in range(arguments.rounds + 1):
            asked = list(pages(url, rng).items())
            rng.shuffle(asked)
            for name, path in asked:
                began = time.perf_counter()
                ask(f"{url}/{path}", "text/html")
                if number:  # the first round warms templates and pages of the file
                    took.setdefault(name, []).append(time.perf_counter() - began)
        alone = cpu(process, arguments.watch)
        live = watched(url, process, arguments.watch)
        own = live["core"] - alone
        return {
            "logs": int(held[0]),
            "spans": int(held[1]),
            "pages_ms": {
                name: {"p50": p(values, 50), "p95": p(values, 95), "max": p(values, 100)}
                for name, values in sorted(took.items(), key=lambda item: -p(item[1], 95))
            },
            "overview_live": {
                "core_without_a_viewer": round(alone, 3),
                "core_with_one": round(live["core"], 3),
                "core_for_the_viewer": round(own, 3),
                "updates_per_s": round(live["updates"] / arguments.watch, 2),
                "kb_per_update": live["kb_per_update"],
            },
            "rss_mb": round(process.memory_info().rss / 1e6),
        }
    finally:
        server.terminate()
        server.wait(timeout=20)


def main() -> None:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--logs", type=int, default=1_000_000)
    parser.add_argument("--spans", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--live", type=int, default=300)
    parser.add_argument("--watch", type=float, default=30.0)
    parser.add_argument("--serve", action="store_true")
    parser.add_argument("--port", type=int, default=0)
    arguments = parser.parse_args()
    if arguments.serve:
        serve(arguments)
    else:
        print(json.dumps(measure(arguments), indent=2))


if __name__ == "__main__":
    main()
