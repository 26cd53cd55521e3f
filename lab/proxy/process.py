"""The proxy as a whole: its listeners, its rules once there are any, and its end."""

import asyncio
import random
from collections.abc import Callable
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any

from lab.core.errors import EnvironmentLacks, NotFound, did_you_mean
from lab.core.ports import FIRST, LAST
from lab.proxy.caller import CallerConnection
from lab.proxy.config import Config
from lab.proxy.control import ControlConnection
from lab.proxy.deadlines import Deadlines
from lab.proxy.edge import Edge

if TYPE_CHECKING:
    from lab.proxy.rulebook import Rulebook

BACKLOG = 1024
GRACE_S = 1.0


class Proxy:
    """All edges of one system."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.edges: dict[str, Edge] = {}
        self.control_port = 0
        self._book: Rulebook | None = None
        self._book_lock = asyncio.Lock()
        self._control: asyncio.Server | None = None
        self._controls: set[ControlConnection] = set()
        self._deadlines = Deadlines(asyncio.get_running_loop())
        self._sweeper: asyncio.TimerHandle | None = None

    async def start(self) -> None:
        """Listen; EnvironmentLacks when a port is taken."""
        for one in self.config.edges:
            edge = Edge(one.name, one.host, one.port, deadlines=self._deadlines, timeouts=self.config.timeouts)
            self.edges[one.name] = edge
            edge.server = await _listen(self.config.bind, one.listen, partial(CallerConnection, edge))
        self._control = await _listen(
            self.config.control_bind,
            self.config.control_port,
            lambda: ControlConnection(self, self.config.token, self._controls),
        )
        self.control_port = int(self._control.sockets[0].getsockname()[1])
        self._sweep()

    def ready(self) -> dict[str, Any]:
        """Where everything listens."""
        edges = {name: {"listen": edge.listen} for name, edge in self.edges.items()}
        return {"control_port": self.control_port, "edges": edges}

    async def rulebook(self) -> "Rulebook":
        """The rules of all edges. The first call loads what rules need, beside the traffic, not in its way."""
        async with self._book_lock:
            if self._book is None:
                make = await asyncio.to_thread(load_rules)
                self._book = make(self.edges)
        return self._book

    def rules(self) -> dict[str, Any]:
        """Every edge's rules in their written form."""
        if self._book is None:
            return {name: [] for name in self.edges}
        return dict(self._book.written())

    def reset(self) -> None:
        """Take every rule out of force."""
        if self._book is not None:
            self._book.reset()

    def stats(self) -> dict[str, Any]:
        """Every edge's counters, and those of its rules."""
        book = self._book
        return {
            name: {**edge.stats(), "rules": {} if book is None else book.stats(name)}
            for name, edge in self.edges.items()
        }

    def edge(self, name: str) -> Edge:
        """The edge; NotFound with the known ones otherwise."""
        try:
            return self.edges[name]
        except KeyError:
            known = f"Known edges: {', '.join(self.edges)}."
            raise NotFound(f"There is no edge {name!r}.", f"{did_you_mean(name, self.edges)}{known}") from None

    def _sweep(self) -> None:
        now_s = monotonic()
        for edge in self.edges.values():
            edge.sweep(now_s)
        if self._book is not None:
            self._book.sweep(now_s)
        timeouts = self.config.timeouts
        shortest_s = min(timeouts.head, timeouts.body, timeouts.idle, timeouts.answer, timeouts.spare)
        self._sweeper = asyncio.get_running_loop().call_later(min(1.0, max(0.02, shortest_s / 8)), self._sweep)

    async def stop(self, grace_s: float = GRACE_S) -> None:
        """Take no new connections, let requests under way finish for a while, then end."""
        edges = self.edges.values()
        for server in [edge.server for edge in edges] + [self._control]:
            if server is not None:
                server.close()
        for edge in edges:
            edge.draining = True
            for caller in list(edge.callers):
                caller.drain()
        until_s = monotonic() + grace_s
        while any(edge.callers for edge in edges) and monotonic() < until_s:  # noqa: ASYNC110  # once, at the end
            await asyncio.sleep(0.01)
        for edge in edges:
            for caller in list(edge.callers):
                caller.transport.abort()
            edge.pool.close()
        for control in list(self._controls):
            control.transport.abort()
        if self._sweeper is not None:
            self._sweeper.cancel()
        self._deadlines.close()


def load_rules() -> "type[Rulebook]":
    """Import what rules need; heavier than all the rest of the proxy."""
    import lab.proxy.shaping  # noqa: F401  # would otherwise be loaded during the first answer that needs it
    from lab.proxy.rulebook import Rulebook
    from lab.rules import rules

    rules.load()
    return Rulebook


async def _listen(host: str, port: int, protocol: Callable[[], asyncio.Protocol]) -> asyncio.Server:
    loop = asyncio.get_running_loop()
    if port:
        try:
            return await loop.create_server(protocol, host, port, backlog=BACKLOG)
        except OSError:
            raise EnvironmentLacks(f"Port {port} is taken.", "Close the other program, or give another port.") from None
    for candidate in random.sample(range(FIRST, LAST + 1), 200):
        try:
            return await loop.create_server(protocol, host, candidate, backlog=BACKLOG)
        except OSError:
            continue
    raise EnvironmentLacks(f"No free port was found on {host}.", "Close other programs and try again.")
