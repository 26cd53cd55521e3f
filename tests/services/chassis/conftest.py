"""A small service of the test's own on the chassis, in a thread of this process."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict

from services.chassis import (
    Boot,
    HttpClient,
    Problem,
    Service,
    ServiceApp,
    ServiceSettings,
    create_app,
    log,
    note,
    record_span,
    service_of,
    setting,
    span,
    traceparent,
)


class Settings(ServiceSettings):
    """One setting is enough."""

    delay_ms: float = setting(10.0, "How long.", unit="ms", gt=0)


class Item(BaseModel):
    """A body to get wrong."""

    model_config = ConfigDict(extra="forbid")

    name: str
    count: int


router = APIRouter()


@router.post("/items/{item_id}")
async def put_item(item_id: int, item: Item, fast: bool = False) -> dict[str, Any]:
    """Echo."""
    return {"id": item_id, "name": item.name, "fast": fast}


@router.get("/delay")
async def delay(request: Request) -> dict[str, float]:
    """The setting in force."""
    return {"delay_ms": service_of(request).settings.delay_ms}


@router.get("/taken")
async def taken() -> None:
    """A problem of the service's own."""
    raise Problem(409, "taken", "Taken", "It is taken. Take another.", headers={"Retry-After": "2"}, owner="bob")


@router.get("/boom")
async def boom() -> None:
    """A mistake of ours."""
    raise RuntimeError("the secret reason")


@router.get("/half")
async def half() -> StreamingResponse:
    """An answer that breaks off."""

    async def parts() -> AsyncIterator[bytes]:
        yield b"one"
        raise RuntimeError("half way")

    return StreamingResponse(parts(), headers={"Content-Length": "100"})


@router.get("/spans")
async def spans(request: Request) -> dict[str, str]:
    """All that telemetry offers."""
    note("coffee.origin", "ET")
    log.warn(
        "roast.burnt", "Too dark", {"roast.level": 9, "ok": False, "share": 0.5, "nothing": None, "list": ["a", 1]}
    )
    record_span("SELECT beans", "client", 1_700_000_000.25, 0.5, {"db.system.name": "sqlite"}, "error")
    with span(service_of(request).telemetry, "grind") as grinding:
        record_span("brew", "internal", 1_700_000_000.0, 0.1)
        inner = grinding.span_id
    return {"traceparent": traceparent(), "grind": inner}


class InThread:
    """A served application; `call` runs a coroutine on its loop."""

    def __init__(self, app: ServiceApp, port: int, http: Any = "httptools") -> None:
        self.app = app
        self.url = f"http://127.0.0.1:{port}"
        self.loop: asyncio.AbstractEventLoop | None = None
        self._server = uvicorn.Server(
            uvicorn.Config(app, log_config=None, http=http, ws="none", lifespan="on", timeout_graceful_shutdown=1)
        )
        self._listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(("127.0.0.1", port))
        self._thread = threading.Thread(target=asyncio.run, args=(self._run(),), daemon=True)

    async def _run(self) -> None:
        self.loop = asyncio.get_running_loop()
        await self._server.serve(sockets=[self._listener])

    def begin(self, eventually: Any) -> None:
        """Serve until `end`."""
        self._thread.start()
        eventually(lambda: self._server.started or not self._thread.is_alive())

    def end(self) -> None:
        """Stop, and wait."""
        self._server.should_exit = True
        self._thread.join(10)
        assert not self._thread.is_alive()

    def call(self, work: Any) -> Any:
        """The result of a coroutine run on the service's loop."""
        assert self.loop is not None
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(20)


Serve = Callable[..., InThread]


@pytest.fixture
def serve(free_port: Any, eventually: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Iterator[Serve]:
    """Serves the small service with this environment, calling `peer_url` if given."""
    served: list[InThread] = []
    (tmp_path / "token").write_text("let-me-in\n")
    monkeypatch.setenv("ADMIN_TOKEN_FILE", str(tmp_path / "token"))
    monkeypatch.setenv("LOG_STDOUT", "0")
    monkeypatch.setenv("INSTANCE_NONCE", "n-7")

    def begin(peer_url: str | None = None, pool_size: int = 100, http: Any = "httptools", **env: str) -> InThread:
        for name, value in env.items():
            monkeypatch.setenv(name, value)

        @asynccontextmanager
        async def resources(service: Service[Settings, Boot]) -> AsyncIterator[HttpClient | None]:
            if peer_url is None:
                yield None
            else:
                async with HttpClient(service, "peer", peer_url, pool_size=lambda: pool_size) as client:
                    yield client

        app = create_app("gateway", settings=Settings, boot=Boot, routers=[router], lifespan=resources)
        running = InThread(app, free_port(), http)
        running.begin(eventually)
        served.append(running)
        return running

    yield begin
    for running in served:
        running.end()


@pytest.fixture
def client(serve: Serve) -> Iterator[httpx.Client]:
    """A client of the small service."""
    with httpx.Client(base_url=serve().url, timeout=10) as client:
        yield client
