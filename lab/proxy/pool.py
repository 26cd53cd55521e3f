"""Connections to the callee, kept alive and used again."""

import asyncio
from time import monotonic
from typing import TYPE_CHECKING

from lab.proxy.callee import CalleeConnection

if TYPE_CHECKING:
    from lab.proxy.exchange import Exchange

SPARE_AT_MOST = 512


class Pool:
    """The connections of one edge to its callee; the one used last is used next."""

    def __init__(self, host: str, port: int, connect_s: float, spare_s: float) -> None:
        self.host = host
        self.port = port
        self.opened = 0
        self._connect_s = connect_s
        self._spare_s = spare_s
        self._spare: list[CalleeConnection] = []
        self._all: set[CalleeConnection] = set()
        self._opening: set[asyncio.Task[None]] = set()

    def take(self) -> CalleeConnection | None:
        """A kept connection that is still open; None when there is none."""
        now = monotonic()
        while self._spare:
            connection = self._spare.pop()
            if not connection.gone and connection.spare_since_s > now - self._spare_s:
                return connection
            connection.drop()
        return None

    def open(self, exchange: "Exchange") -> None:
        """Connect, then serve the exchange or tell it that nobody is there."""
        task = asyncio.get_running_loop().create_task(self._open(exchange))
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)

    async def _open(self, exchange: "Exchange") -> None:
        target = (self.host, self.port)
        try:
            async with asyncio.timeout(self._connect_s):
                _, connection = await asyncio.get_running_loop().create_connection(
                    lambda: CalleeConnection(self), *target
                )
        except TimeoutError:
            exchange.unreachable(504)
            return
        except OSError:
            exchange.unreachable(502)
            return
        self.opened += 1
        if exchange.over:
            self.give_back(connection)
        else:
            exchange.send_on(connection)

    def give_back(self, connection: CalleeConnection) -> None:
        """Keep a connection for later, if it still leads to the right place."""
        if connection.gone or connection.target != (self.host, self.port) or len(self._spare) >= SPARE_AT_MOST:
            connection.drop()
            return
        connection.spare_since_s = monotonic()
        self._spare.append(connection)

    def retarget(self, host: str, port: int) -> None:
        """New requests go elsewhere; those under way finish where they are."""
        self.host, self.port = host, port
        self._drop_spare(self._spare)
        self._spare = []

    def sweep(self, now_s: float) -> None:
        """Close connections that were not used for long."""
        fresh = [one for one in self._spare if one.spare_since_s > now_s - self._spare_s and not one.gone]
        if len(fresh) < len(self._spare):
            self._drop_spare([one for one in self._spare if one not in fresh])
            self._spare = fresh

    def _drop_spare(self, connections: list[CalleeConnection]) -> None:
        for connection in connections:
            connection.drop()

    def close(self) -> None:
        """Close all."""
        for task in self._opening:
            task.cancel()
        for connection in list(self._all):
            connection.drop()

    def joined(self, connection: CalleeConnection) -> None:
        """A connection was made."""
        self._all.add(connection)

    def left(self, connection: CalleeConnection) -> None:
        """A connection has ended."""
        self._all.discard(connection)

    def stats(self) -> dict[str, int]:
        """How many connections there are, are spare, and were ever opened."""
        return {"connections": len(self._all), "spare": len(self._spare), "opened": self.opened}
