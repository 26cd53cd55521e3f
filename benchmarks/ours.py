"""The lab's own programs, started for measuring."""

import json
import os
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.harness import SERVER_CORE, Program, free_port, placed, start

EDGE = "a->b"
TOKEN = "benchmark"


class EdgeProxy:
    """The edge proxy in front of one callee."""

    def __init__(self, callee: int) -> None:
        begun_s = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "lab.proxy"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            preexec_fn=placed(SERVER_CORE),
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
        )
        edges = [{"name": EDGE, "host": "127.0.0.1", "port": callee}]
        config = {"token": TOKEN, "edges": edges, "exit_with_parent": True}
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(config).encode() + b"\n")
        process.stdin.flush()
        ready = json.loads(process.stdout.readline())
        self.ready_ms = (time.perf_counter() - begun_s) * 1000
        self.program = Program("edge proxy", process, int(ready["edges"][EDGE]["listen"]))
        self._control = int(ready["control_port"])

    def put(self, *rules: dict[str, Any]) -> None:
        """Put these rules in force."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self._control}/rules/{urllib.parse.quote(EDGE, safe='')}",
            data=json.dumps(list(rules)).encode(),
            method="PUT",
            headers={"Authorization": f"Bearer {TOKEN}"},
        )
        urllib.request.urlopen(request, timeout=10).close()


def service(
    name: str, folder: Path, env: Mapping[str, str] | None = None, settings: Mapping[str, Any] | None = None
) -> Program:
    """A service of the shop with this environment and these settings; without log lines unless told."""
    port = free_port()
    (folder / "token").write_text(TOKEN, encoding="utf-8")
    whole = {"PORT": str(port), "ADMIN_TOKEN_FILE": str(folder / "token"), "LOG_STDOUT": "0", **(env or {})}
    program = start(name, [sys.executable, "-m", f"services.{name}"], port, env=whole, cwd=folder, path="/health")
    if settings:
        request = urllib.request.Request(
            f"{program.url}/internal/settings",
            data=json.dumps({"settings": dict(settings)}).encode(),
            method="PATCH",
            headers={"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"},
        )
        urllib.request.urlopen(request, timeout=10).close()
    return program
