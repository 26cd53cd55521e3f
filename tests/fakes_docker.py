"""A Docker that does as told: the engine's API on a Unix socket, and a `docker` program that says what it is given."""

import json
import os
import stat
import sys
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingMixIn, UnixStreamServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

PROGRAM = """#!{python}
import json, os, sys
told = json.load(open(os.environ["FAKE_DOCKER"]))
words = " ".join(sys.argv[1:])
with open(os.environ["FAKE_DOCKER"] + ".calls", "a") as calls:
    calls.write(words + "\\n")
for part, (code, text) in told.items():
    if part in words:
        print(text)
        sys.exit(code)
"""
GOOD = {
    "compose version": (0, "2.26.1"),
    "context inspect": (0, '""'),
    "build lab": (0, "#7 [lab builder 3/9] RUN python"),
    "up --detach": (0, ""),
}


class _Server(ThreadingMixIn, UnixStreamServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that has heard enough leaves."""


@dataclass
class FakeDocker:
    """Tests change `says` (what the program prints, by words of its command line), `containers` and `api`."""

    folder: Path
    api: str = "1.41"
    containers: list[dict[str, Any]] = field(default_factory=list)
    inspected: dict[str, Any] = field(default_factory=dict)
    logs: bytes = b""
    says: dict[str, tuple[int, str]] = field(default_factory=lambda: dict(GOOD))
    removed: list[str] = field(default_factory=list)
    kept: dict[str, bytes] | None = None
    """What `docker compose down` left: the home volume's files as tar files, by path."""
    given: list[bytes] = field(default_factory=list)
    """Tar files that were unpacked into containers."""

    def __post_init__(self) -> None:
        self.asked = ""
        self.socket = self.folder / "engine.sock"
        self.program = self.folder / "bin" / "docker"
        self.program.parent.mkdir()
        self.program.write_text(PROGRAM.format(python=sys.executable), encoding="utf-8")
        self.program.chmod(self.program.stat().st_mode | stat.S_IXUSR)
        self._server = _Server(str(self.socket), _door(self))
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def env(self) -> dict[str, str]:
        """What a shell would have."""
        told = self.folder / "says.json"
        told.write_text(json.dumps(self.says), encoding="utf-8")
        return {
            "PATH": f"{self.program.parent}{os.pathsep}{os.environ['PATH']}",
            "DOCKER_HOST": f"unix://{self.socket}",
            "FAKE_DOCKER": str(told),
        }

    def calls(self) -> list[str]:
        """The command lines of the program so far."""
        calls = self.folder / "says.json.calls"
        return calls.read_text(encoding="utf-8").splitlines() if calls.exists() else []

    def close(self) -> None:
        """Be gone."""
        self._server.shutdown()
        self._server.server_close()

    def _labels(self) -> dict[str, str]:
        return dict(self.containers[0]["Labels"])

    def answer(self, method: str, path: str) -> tuple[int, Any]:
        """What the engine's API answers."""
        parts = [part for part in path.split("/") if part]
        if parts[0].startswith("v1."):
            parts = parts[1:]
        match method, parts:
            case "GET", ["version"]:
                return 200, {"ApiVersion": self.api, "Version": "20.10.24"}
            case "GET", ["containers", "json"]:
                return 200, self.containers
            case "GET", ["containers", _, "json"]:
                return 200, {"Config": {"Tty": True}, **self.inspected}
            case "GET", ["containers", _, "logs"]:
                return 200, self.logs
            case "DELETE", [kind, name]:
                self.removed.append(f"{kind} {name}")
                if kind == "containers":
                    self.containers = [one for one in self.containers if one["Id"] != name]
                return 204, b""
            case "GET", ["networks"]:
                return 200, [{"Id": "net1", "Name": "x_inside", "Labels": self._labels()}] if self.containers else []
            case "GET", ["images", name, "json"]:
                return 200, {"Id": name, "Config": {"Labels": {"faultlab.source": "x"}}}
            case "POST", ["containers", "create"]:
                return 201, {"Id": "keeper", "Warnings": []}
            case "GET", ["containers", _, "archive"] if self.asked in (self.kept or {}):
                return 200, (self.kept or {})[self.asked]
            case "PUT", ["containers", _, "archive"]:
                return 200, b""
            case "GET", ["volumes"] if self.kept is not None:
                return 200, {"Volumes": [{"Name": "x_home", "Labels": {}}]}
            case "GET", ["volumes"]:
                return 200, {"Volumes": [{"Name": "x_home", "Labels": self._labels()}] if self.containers else None}
        return 404, {"message": f"no such thing: {path}"}


def container(service: str, project: str, state: str = "running", port: int | None = None) -> dict[str, Any]:
    """One container as the engine lists it."""
    labels = {"com.docker.compose.service": service, "faultlab.lab": project}
    ports = [{"PrivatePort": 7700, "PublicPort": port, "Type": "tcp"}] if port else []
    return {
        "Id": service * 3,
        "Names": [f"/{project}-{service}-1"],
        "State": state,
        "Status": state,
        "Labels": labels,
        "Ports": ports,
    }


def _door(docker: FakeDocker) -> type[BaseHTTPRequestHandler]:
    class Door(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            pass

        def address_string(self) -> str:
            return "local"

        def do_GET(self) -> None:
            docker.asked = parse_qs(urlsplit(self.path).query).get("path", [""])[0]
            if self.command == "PUT":
                docker.given.append(self.rfile.read(int(self.headers["Content-Length"])))
            status, told = docker.answer(self.command, unquote(urlsplit(self.path).path))
            body = told if isinstance(told, bytes) else json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_PUT = do_DELETE = do_GET

    return Door
