"""Built once, forked many times: nothing is running before a service starts, and children share no ids."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

ROOT = Path(__file__).parents[3]
_WARM_THEN_FORK = """
import asyncio, json, os, sys, threading
from importlib import import_module

apps = {name: import_module(f"services.{name}.app").create() for name in ("gateway", "partner")}

async def ask(app, path):
    sent = []
    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}
    async def send(message):
        sent.append(message)
    await app({"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
               "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "", "headers": [],
               "client": None, "server": None, "state": {}}, receive, send)
    return sent[0]["status"]

for app in apps.values():
    assert asyncio.run(ask(app, "/health")) == 200
    assert asyncio.run(ask(app, "/nowhere")) == 404
    assert asyncio.run(ask(app, "/internal/settings")) == 404
tasks = len(os.listdir("/proc/self/task"))
pids = {}
for name, port in zip(apps, sys.argv[1:]):
    pid = os.fork()
    if pid == 0:
        os.environ["PORT"] = port
        apps[name].serve()
    pids[name] = pid
print(json.dumps({"tasks": tasks, "pids": pids}), flush=True)
sys.stdin.read()
for pid in pids.values():
    os.kill(pid, 15)
print(json.dumps([os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids.values()]), flush=True)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_warmed_services_fork_serve_and_end(free_port: Any, eventually: Any) -> None:
    ports = [free_port(), free_port()]
    process = subprocess.Popen(
        [sys.executable, "-c", _WARM_THEN_FORK, *map(str, ports)],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "LOG_STDOUT": "0", "EXIT_WITH_PARENT": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        told = json.loads(process.stdout.readline())
        assert told["tasks"] == 1

        def ask(port: int, path: str) -> Any:
            try:
                return httpx.get(f"http://127.0.0.1:{port}{path}")
            except httpx.TransportError:
                return None

        health = [eventually(lambda port=port: ask(port, "/health")).json() for port in ports]
        assert [(one["service"], one["pid"]) for one in health] == list(told["pids"].items())
        assert "http_server_request_duration_seconds_count" not in ask(ports[0], "/metrics").text
        assert len({ask(port, "/nowhere").headers["x-request-id"] for port in ports}) == 2
        out, _ = process.communicate("", timeout=10)
        assert json.loads(out) == [0, 0]
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()
