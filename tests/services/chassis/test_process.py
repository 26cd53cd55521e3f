"""A service's process: how it starts, what it says, how it ends."""

import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

ROOT = Path(__file__).parents[3]


Begin = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def begin() -> Iterator[Begin]:
    """Starts `python -m services.partner` with this environment alone."""
    begun: list[subprocess.Popen[str]] = []

    def start_it(**env: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-m", "services.partner"],
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)} | env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        begun.append(process)
        return process

    yield start_it
    for process in begun:
        if process.poll() is None:
            process.kill()
            process.communicate()


def is_healthy(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health").status_code == 200
    except httpx.TransportError:
        return False


def test_a_taken_port_is_one_line_and_exit_4(begin: Begin) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = begin(PORT=str(port))
        out, err = process.communicate(timeout=20)
    assert process.returncode == 4
    assert out == ""
    assert err == f"partner: cannot listen on 127.0.0.1:{port}: Address already in use. Set PORT to a free one.\n"


@pytest.mark.parametrize(
    ("env", "code", "said"),
    [
        ({"PORT": "eighty"}, 2, "PORT"),
        ({"LOG_STDOUT": "maybe"}, 2, "LOG_STDOUT"),
        ({"ADMIN_TOKEN_FILE": "/nowhere/token"}, 4, "/nowhere/token"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "localhost:4318"}, 2, "OTEL_EXPORTER_OTLP_ENDPOINT"),
        ({"PARTNER_API_KEYS_FILE": "/nowhere/keys"}, 4, "/nowhere/keys"),
    ],
)
def test_a_wrong_environment_is_one_line_that_names_it(
    begin: Begin, free_port: Any, env: dict[str, str], code: int, said: str
) -> None:
    process = begin(**{"PORT": str(free_port())} | env)
    _, err = process.communicate(timeout=20)
    assert process.returncode == code
    assert len(err.splitlines()) == 1
    assert said in err


def test_sigterm_ends_it_well_and_lets_a_request_finish(start: Any, eventually: Any) -> None:
    running = start("partner")
    running.patch(latency_median_ms=300, latency_p99_ms=300)
    reader = subprocess.Popen(
        [
            sys.executable,
            "-c",
            textwrap.dedent(f"""
                import httpx
                print(httpx.get("{running.url}/v2/payments?reference=x",
                                headers={{"Authorization": "Bearer pk_test_beanline"}}).status_code)
            """),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    eventually(lambda: running.metric("partner_in_progress") == 1 or reader.poll() is not None)
    assert running.stop() == 0
    assert reader.communicate(timeout=10)[0] == "200\n"


def test_a_request_that_takes_too_long_does_not_hold_up_the_end(start: Any, eventually: Any) -> None:
    running = start("partner")
    running.patch(latency_median_ms=3_600_000, latency_p99_ms=3_600_000)
    with socket.create_connection(("127.0.0.1", int(running.url.rsplit(":", 1)[1]))) as raw:
        raw.sendall(
            b"GET /v2/payments?reference=x HTTP/1.1\r\nHost: localhost\r\n"
            b"Authorization: Bearer pk_test_beanline\r\n\r\n"
        )
        eventually(lambda: running.metric("partner_in_progress") == 1)
        assert running.stop() == 0


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's parent-death signal is Linux's")
def test_it_ends_with_its_parent(free_port: Any, eventually: Any) -> None:
    port = free_port()
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import subprocess, sys, time\n"
            "child = subprocess.Popen([sys.executable, '-m', 'services.partner'])\n"
            "print(child.pid, flush=True)\n"
            "time.sleep(60)\n",
        ],
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "PORT": str(port),
            "EXIT_WITH_PARENT": "1",
            "LOG_STDOUT": "0",
        },
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())

    try:
        eventually(lambda: is_healthy(port), 20)
    finally:
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        parent.stdout.close()

    def gone() -> bool:
        try:
            return Path(f"/proc/{child}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
        except FileNotFoundError:
            return True

    eventually(gone, 5)


def test_what_is_not_http_is_a_problem_too(start: Any) -> None:
    running = start("partner")
    with socket.create_connection(("127.0.0.1", int(running.url.rsplit(":", 1)[1]))) as raw:
        raw.sendall(b"HELLO THERE\r\n\r\n")
        answer = b""
        while chunk := raw.recv(4096):
            answer += chunk
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"application/problem+json" in head
    assert json.loads(body)["type"] == "https://paylane.example/problems/malformed-request"


def test_standard_output_is_one_json_object_a_line(begin: Begin, free_port: Any, eventually: Any) -> None:
    port = free_port()
    process = begin(PORT=str(port))

    def asked() -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{port}/nowhere").status_code == 404
        except httpx.TransportError:
            return False

    eventually(asked, 20)
    process.terminate()
    out, err = process.communicate(timeout=10)
    assert (process.returncode, err) == (0, "")
    (line,) = [json.loads(line) for line in out.splitlines()]
    assert line["message"].startswith("GET /nowhere 404 in ")
    assert line["event.name"] == "request"
    assert line["level"] == "INFO"
    assert line["service"] == "partner"
    assert len(line["trace_id"]) == 32
    assert line["time"].endswith("+00:00")


def test_a_reader_of_standard_output_who_stops_reading_stops_nothing(
    begin: Begin, free_port: Any, eventually: Any
) -> None:
    port = free_port()
    process = begin(PORT=str(port))

    eventually(lambda: is_healthy(port), 20)
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=5) as client:
        for _ in range(800):  # far more than a pipe holds
            assert client.get("/nowhere").status_code == 404
    process.kill()
    process.communicate(timeout=10)
