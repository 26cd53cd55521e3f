"""Real neighbours for the services under test: processes, an OTLP receiver, an order system that does as told."""

import base64
import contextlib
import json
import os
import secrets
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from google.protobuf import json_format
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

ROOT = Path(__file__).parents[2]


def _free_port() -> int:
    while True:
        port = 20000 + secrets.randbelow(12000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def _eventually(look: Callable[[], Any], timeout_s: float = 10.0) -> Any:
    deadline = time.monotonic() + timeout_s
    while not (seen := look()):
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)
    return seen


@pytest.fixture(scope="session")
def free_port() -> Callable[[], int]:
    """Finds a port below the ephemeral range that nobody listens on."""
    return _free_port


@pytest.fixture(scope="session")
def eventually() -> Callable[..., Any]:
    """Waits until what it is given returns something true, and returns that."""
    return _eventually


@dataclass
class Running:
    """A service as a process of its own."""

    name: str
    url: str
    token: str
    process: "subprocess.Popen[str]"
    client: httpx.Client

    def patch(self, version: str | None = None, **settings: Any) -> dict[str, Any]:
        """Change settings; the answer of the admin route."""
        asked: dict[str, Any] = {"settings": settings} | ({"version": version} if version else {})
        answer = self.client.patch("/internal/settings", json=asked, headers={"Authorization": f"Bearer {self.token}"})
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    def metric(self, line: str) -> float:
        """The value of one metric, as `/metrics` writes it before the value; 0 when it is not there."""
        answer = self.client.get("/metrics", headers={"Authorization": f"Bearer {self.token}"})
        for row in answer.text.splitlines():
            if row.startswith(f"{line} "):
                return float(row.rsplit(" ", 1)[1])
        return 0.0

    def stop(self) -> int:
        """SIGTERM, and wait; its exit code."""
        self.client.close()
        self.process.terminate()
        try:
            return self.process.wait(5)
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()
            for pipe in (self.process.stdout, self.process.stderr):
                if pipe:
                    pipe.close()


class _PortTaken(Exception):
    """Somebody else listens there since we looked: other tests run at the same time."""


def _healthy(running: Running) -> bool:
    if running.process.poll() is not None:
        said = running.process.stderr.read() if running.process.stderr else ""
        if "address already in use" in said.lower():
            raise _PortTaken
        raise AssertionError(said)
    try:
        return bool(running.client.get("/health").json()["pid"] == running.process.pid)
    except (httpx.TransportError, ValueError, KeyError, TypeError):  # the last three: not ours, which will soon say so
        return False


Start = Callable[..., Running]


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """Starts `python -m services.<name>` with these environment variables; all are stopped after the module."""
    started: list[Running] = []

    def launched(name: str, env: dict[str, str]) -> Running:
        port, token = env.get("PORT") or _free_port(), secrets.token_hex(8)
        folder = tmp_path_factory.mktemp(name)
        (folder / "token").write_text(token)
        process = subprocess.Popen(
            [sys.executable, "-m", f"services.{name}"],
            cwd=folder,
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": str(ROOT),
                "PORT": str(port),
                "ADMIN_TOKEN_FILE": str(folder / "token"),
                "INSTANCE_NONCE": "n-1",
                "LOG_STDOUT": "0",
            }
            | env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        url = f"http://127.0.0.1:{port}"
        running = Running(name, url, token, process, httpx.Client(base_url=url, timeout=10))
        started.append(running)
        return running

    def begin(name: str, **env: str) -> Running:
        for _ in range(5):
            running = launched(name, env)
            with contextlib.suppress(_PortTaken):
                _eventually(lambda: _healthy(running), 20)  # noqa: B023 - asked at once
                return running
        raise AssertionError(f"{name} found no port of its own")

    yield begin
    for running in started:
        if running.process.poll() is None or not running.client.is_closed:
            running.stop()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _serve(handler: type[_Handler]) -> ThreadingHTTPServer:
    ThreadingHTTPServer.daemon_threads = True
    server = ThreadingHTTPServer(("127.0.0.1", _free_port()), handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    return server


def _hex_to_base64(value: Any) -> Any:
    """OTLP's JSON writes ids in hex where protobuf's own JSON expects base64."""
    if isinstance(value, dict):
        return {
            key: base64.b64encode(bytes.fromhex(inner)).decode()
            if key in {"traceId", "spanId", "parentSpanId"}
            else _hex_to_base64(inner)
            for key, inner in value.items()
        }
    return [_hex_to_base64(inner) for inner in value] if isinstance(value, list) else value


def _plain(attributes: Any) -> dict[str, Any]:
    return {item.key: getattr(item.value, item.value.WhichOneof("value")) for item in attributes}


@dataclass
class Sink:
    """An OTLP receiver that decodes with the official schema: what is not valid OTLP is a failed request."""

    url: str = ""
    spans: list[dict[str, Any]] = field(default_factory=list)
    logs: list[dict[str, Any]] = field(default_factory=list)
    hang: threading.Event = field(default_factory=threading.Event)
    wrong: list[str] = field(default_factory=list)
    posts: int = 0
    hung: int = 0

    def take(self, path: str, body: bytes) -> None:
        """Decode one request."""
        self.posts += 1
        text = json.dumps(_hex_to_base64(json.loads(body)))
        if path == "/v1/traces":
            for block in json_format.Parse(text, ExportTraceServiceRequest()).resource_spans:
                resource = _plain(block.resource.attributes)
                for scope in block.scope_spans:
                    self.spans += [
                        {
                            "resource": resource,
                            "trace_id": span.trace_id.hex(),
                            "span_id": span.span_id.hex(),
                            "parent_id": span.parent_span_id.hex(),
                            "name": span.name,
                            "kind": {1: "internal", 2: "server", 3: "client", 5: "consumer"}[span.kind],
                            "start_ns": span.start_time_unix_nano,
                            "end_ns": span.end_time_unix_nano,
                            "error": span.status.code == 2,
                            "attributes": _plain(span.attributes),
                        }
                        for span in scope.spans
                    ]
        else:
            for block in json_format.Parse(text, ExportLogsServiceRequest()).resource_logs:
                resource = _plain(block.resource.attributes)
                for scope in block.scope_logs:
                    self.logs += [
                        {
                            "resource": resource,
                            "trace_id": record.trace_id.hex(),
                            "span_id": record.span_id.hex(),
                            "severity": record.severity_text,
                            "number": record.severity_number,
                            "message": record.body.string_value,
                            "attributes": _plain(record.attributes),
                        }
                        for record in scope.log_records
                    ]

    def trace(self, trace_id: str) -> list[dict[str, Any]]:
        """All spans of one trace, once its server span is there."""
        return [span for span in self.spans if span["trace_id"] == trace_id]

    def events(self, name: str) -> list[dict[str, Any]]:
        """All log records of one event."""
        return [record for record in self.logs if record["attributes"].get("event.name") == name]


@pytest.fixture(scope="module")
def sink() -> Iterator[Sink]:
    """A running OTLP receiver; `hang.set()` makes it take requests and never answer."""
    sink = Sink()
    released = threading.Event()

    class Receiver(_Handler):
        def do_POST(self) -> None:
            body = self._body()
            if sink.hang.is_set():
                sink.hung += 1
                released.wait(30)
                self.close_connection = True
                return
            try:
                sink.take(self.path, body)
            except (ValueError, KeyError, json_format.ParseError) as error:
                sink.wrong.append(f"{error}: {body[:500]!r}")
            self._answer(200, b"{}", {"Content-Type": "application/json"})

    server = _serve(Receiver)
    sink.url = f"http://127.0.0.1:{server.server_address[1]}"
    yield sink
    released.set()
    server.shutdown()
    server.server_close()
    assert not sink.wrong


@dataclass
class Asked:
    """One request the order system got."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Orders:
    """An order system that answers as `answer` says: (status, body, headers), or "reset", or seconds to hang."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    answer: Callable[[Asked], Any] = lambda asked: (200, b'{"ok":true}', {})

    def always(self, status: int, body: bytes = b"{}", **headers: str) -> None:
        """Answer every request like this from now on, and forget what was asked."""
        self.asked.clear()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answer = lambda asked: (status, body, named)

    def then(self, *answers: Any) -> None:
        """Answer with these, one after another; the last one stays."""
        self.asked.clear()
        left = list(answers)
        self.answer = lambda asked: left.pop(0) if len(left) > 1 else left[0]

    def hold(self, status: int = 200) -> threading.Event:
        """Answer nothing until what this returns is set, then with this status; forget what was asked."""
        self.asked.clear()
        told = threading.Event()
        self.answer = lambda asked: (told.wait(30) and status, b"{}", {})
        return told


@pytest.fixture(scope="module")
def orders() -> Iterator[Orders]:
    """A running order system under the test's control."""
    orders = Orders()

    class Shop(_Handler):
        def do_GET(self) -> None:
            asked = Asked(self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, self._body())
            orders.asked.append(asked)
            answer = orders.answer(asked)
            if answer == "reset":
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
                self.close_connection = True
                return
            if isinstance(answer, float):
                time.sleep(answer)
                answer = (200, b"{}", {})
            status, body, headers = answer
            kind = "application/problem+json" if status >= 400 else "application/json"
            try:
                self._answer(status, body, {"Content-Type": kind} | headers)
            except OSError:
                self.close_connection = True

        do_POST = do_GET

        def finish(self) -> None:
            with contextlib.suppress(OSError, ValueError):
                super().finish()

    server = _serve(Shop)
    orders.url = f"http://127.0.0.1:{server.server_address[1]}"
    yield orders
    server.shutdown()
    server.server_close()
