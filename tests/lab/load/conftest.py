"""A stub shop with the gateway's paths, on a real socket in a thread of its own."""

import asyncio
import collections
import itertools
import random
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from aiohttp import web


def free_port() -> int:
    """A free port below the ephemeral range."""
    while True:
        port = random.SystemRandom().randint(20000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


class Shop:
    """Counts what it is asked; answers as told."""

    def __init__(self) -> None:
        self.port = free_port()
        self.seen: list[tuple[str, str, dict[str, str], Any]] = []
        self.refuse_share = 0.0
        self.delay_s = 0.0
        self.kept_waiting = 0
        self.refuse_status = 503
        self.buyer = "lena.vogel17@example.com"
        self._ids = itertools.count(1)
        self._rng = random.Random(1)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._up = threading.Event()

    @property
    def host(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def by_route(self) -> collections.Counter[str]:
        """Requests by method and first two path parts."""
        return collections.Counter(f"{method} {path.split('?')[0]}" for method, path, _, _ in self.seen)

    def start(self) -> None:
        self._thread.start()
        assert self._up.wait(10)

    def stop(self) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(10)
        self._loop.close()

    async def _note(self, request: web.Request) -> web.Response | None:
        body = await request.json() if request.can_read_body else None
        self.seen.append((request.method, request.path_qs, dict(request.headers), body))
        if self.delay_s:
            self.kept_waiting += 1
            await asyncio.sleep(self.delay_s)
        if request.method == "POST" and self._rng.random() < self.refuse_share:
            return web.json_response({"title": "Service Unavailable"}, status=self.refuse_status)
        return None

    async def products(self, request: web.Request) -> web.Response:
        refused = await self._note(request)
        return refused or web.json_response({"items": [{"id": f"bean-{n}"} for n in range(1, 9)], "next": None})

    async def product(self, request: web.Request) -> web.Response:
        refused = await self._note(request)
        return refused or web.json_response({"id": request.match_info["id"]})

    async def checkout(self, request: web.Request) -> web.Response:
        refused = await self._note(request)
        order = {"id": f"o-{next(self._ids)}", "status": "paid", "customer": {"email": self.buyer}}
        return refused or web.json_response(order, status=201)

    async def order(self, request: web.Request) -> web.Response:
        refused = await self._note(request)
        return refused or web.json_response({"id": request.match_info["id"]})

    async def orders(self, request: web.Request) -> web.Response:
        refused = await self._note(request)
        return refused or web.json_response({"items": [], "next_cursor": None})

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        app = web.Application()
        app.router.add_get("/api/v1/products", self.products)
        app.router.add_get("/api/v1/products/{id}", self.product)
        app.router.add_post("/api/v1/orders", self.checkout)
        app.router.add_get("/api/v1/orders", self.orders)
        app.router.add_get("/api/v1/orders/{id}", self.order)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        self._loop.run_until_complete(runner.setup())
        site = web.TCPSite(runner, "127.0.0.1", self.port)
        self._loop.run_until_complete(site.start())
        self._up.set()
        self._loop.run_forever()
        self._loop.run_until_complete(runner.cleanup())


@pytest.fixture
def shop() -> Iterator[Shop]:
    """A running stub shop."""
    running = Shop()
    running.start()
    yield running
    running.stop()


@pytest.fixture
def closed_shop() -> Iterator[Shop]:
    """A stub shop that the test opens itself."""
    shop = Shop()
    yield shop
    shop.stop()
