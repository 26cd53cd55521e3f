"""Telemetry on its way in, over real HTTP: any size, any speed, and the console stays answering."""

import json
import select
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from lab.console import otlp_in, problems
from lab.core.clock import SystemClock
from lab.core.window import Window
from lab.session.states import State
from lab.telemetry import Limits, Scope, Store, Telemetry

NOW_NS = time.time_ns()


def spans(count: int) -> bytes:
    """An OTLP/JSON export of so many requests to orders."""
    every = [
        {
            "traceId": f"{number + 1:032x}",
            "spanId": f"{number + 1:016x}",
            "name": "GET /orders",
            "kind": 2,
            "startTimeUnixNano": str(NOW_NS),
            "endTimeUnixNano": str(NOW_NS + 5_000_000),
            "attributes": [{"key": "http.request.method", "value": {"stringValue": "GET"}}],
        }
        for number in range(count)
    ]
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "orders"}}]}
    return json.dumps({"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": every}]}]}).encode()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "t.db", clock=SystemClock(), limits=Limits(queue=500))
    yield store
    store.close()


@pytest.fixture
def url(store: Store) -> Iterator[str]:
    app = FastAPI()
    app.include_router(otlp_in.router)
    problems.install(app)
    app.state.owner = SimpleNamespace(session=SimpleNamespace(store=store, state=State.OPEN))
    app.state.forwarder = None

    @app.get("/alive")
    async def alive() -> str:
        return "yes"

    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join()
    listener.close()


def send(url: str, body: object, **headers: str) -> httpx.Response:
    kind = {"Content-Type": "application/json", **headers}
    return httpx.post(f"{url}/v1/traces", content=body, headers=kind, timeout=60)  # type: ignore[arg-type]


def test_a_flood_is_taken_shed_and_counted_and_every_request_measured(url: str, store: Store) -> None:
    body = spans(2_000)
    assert [send(url, body).status_code for _ in range(10)] == [200] * 10
    store.flush()
    stats = store.stats()
    assert stats.spans + stats.spans_shed == 20_000
    assert stats.spans_shed > 0
    window = Window(NOW_NS / 1e9 - 10, NOW_NS / 1e9 + 10)
    assert Telemetry(store).red(Scope(service="orders"), window).requests == 20_000


def test_large_batches_do_not_keep_others_waiting(url: str) -> None:
    body, enough, taken = spans(15_000), threading.Event(), []

    def keep_sending() -> None:
        while not enough.is_set():
            taken.append(send(url, body).status_code)

    senders = [threading.Thread(target=keep_sending) for _ in range(3)]
    for sender in senders:
        sender.start()
    # a batch takes long to decode: whoever had to wait for one would never be answered so often between two of them
    answered, batches = 0, 0
    with httpx.Client(base_url=url, timeout=60) as other:
        while answered < 10 and len(taken) < 60:
            if len(taken) != batches:
                answered, batches = 0, len(taken)
            answered += other.get("/alive").status_code == 200
    enough.set()
    for sender in senders:
        sender.join()
    assert answered == 10
    assert set(taken) == {200}


def test_a_batch_beyond_all_bounds_is_refused(url: str) -> None:
    answer = send(url, b" " * 17_000_000)
    assert answer.status_code == 422
    assert answer.json()["detail"] == "The body holds more than 16 MiB."
    assert "smaller" in answer.json()["hint"]


def test_a_batch_without_end_is_refused_and_not_waited_for(url: str) -> None:
    sent = 0
    with socket.create_connection(("127.0.0.1", httpx.URL(url).port), timeout=10) as exporter:
        exporter.sendall(b"POST /v1/logs HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n")
        exporter.sendall(b"Transfer-Encoding: chunked\r\n\r\n")
        while not select.select([exporter], [], [], 0)[0]:
            exporter.sendall(b"100000\r\n" + b" " * 1_048_576 + b"\r\n")
            sent += 1
            assert sent < 100
        assert exporter.recv(100).startswith(b"HTTP/1.1 422 ")


def test_what_is_no_telemetry_is_a_problem_with_a_remedy(url: str, store: Store) -> None:
    answer = send(url, b"{")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["hint"]
    assert store.stats().spans == 0
