"""`python -m lab.proxy` as tests run it."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

ROOT = Path(__file__).parents[1]


class Refused(Exception):
    """The control API said no."""

    def __init__(self, status: int, kind: str, problem: dict[str, Any]) -> None:
        super().__init__(f"{status} {problem}")
        self.status = status
        self.kind = kind
        self.problem = problem


class ProxyProcess:
    """The process and its control API. `edges` maps names to the callees' ports, `listens` then to its own."""

    def __init__(self, edges: Mapping[str, int], **config: Any) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "lab.proxy"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=ROOT,
        )
        whole = {
            "token": "a-token",
            "edges": [{"name": name, "host": "127.0.0.1", "port": port} for name, port in edges.items()],
            "exit_with_parent": True,
            **config,
        }
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(whole).encode() + b"\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            assert self.process.stderr is not None
            raise RuntimeError(self.process.stderr.read().decode())
        self.ready = json.loads(line)
        self.listens = {name: int(told["listen"]) for name, told in self.ready["edges"].items()}

    def control(self, method: str, path: str, content: Any = None, *, token: str | None = "a-token") -> Any:
        """One call of the control API; Refused for a problem."""
        data = None if content is None else json.dumps(content).encode()
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        request = Request(
            f"http://127.0.0.1:{self.ready['control_port']}{path}", data=data, method=method, headers=headers
        )
        try:
            with urlopen(request, timeout=10) as answer:
                return json.load(answer)
        except HTTPError as error:
            with error:
                raise Refused(error.code, error.headers["Content-Type"], json.load(error)) from None

    def close(self) -> None:
        """End the process."""
        self.process.terminate()
        try:
            self.process.wait(10)
        finally:
            self.process.kill()
            for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
                assert pipe is not None
                pipe.close()
