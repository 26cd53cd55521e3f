"""A connection to the callee, for one exchange after another."""

import asyncio
from typing import TYPE_CHECKING

from lab.proxy.bodies import Body, EndlessBody, FramingError
from lab.proxy.heads import HEAD_END, HEAD_LIMIT, read_answer_head

if TYPE_CHECKING:
    from lab.proxy.exchange import Exchange
    from lab.proxy.pool import Pool


class CalleeConnection(asyncio.Protocol):
    """One connection to the callee; serves one exchange at a time."""

    __slots__ = (
        "_body", "_partial", "_pool", "exchange", "gone", "heard", "held", "keep", "spare_since_s", "target",
        "transport", "used",
    )  # fmt: skip

    transport: asyncio.Transport

    def __init__(self, pool: "Pool") -> None:
        self._pool = pool
        self.target = (pool.host, pool.port)
        self.exchange: Exchange | None = None
        self.gone = False
        self.used = False
        """Whether it has already served an exchange."""
        self.heard = False
        """Whether any byte of the present answer has come."""
        self.held = False
        """Whether reading is paused."""
        self.keep = True
        self.spare_since_s = 0.0
        self._partial = b""
        self._body: Body | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]  # a stream transport, as for every TCP connection
        self._pool.joined(self)

    def serve(self, exchange: "Exchange", request: bytes) -> None:
        """Send a request, or its beginning, and hand the answer to the exchange."""
        self.exchange = exchange
        self.heard = False
        self.transport.write(request)

    def hold(self, hold: bool) -> None:
        """Stop reading for now, or go on."""
        if hold != self.held and not self.gone:
            self.held = hold
            if hold:
                self.transport.pause_reading()
            else:
                self.transport.resume_reading()

    def drop(self) -> None:
        """End the connection at once; the exchange on it is told nothing."""
        self.gone = True
        self.exchange = None
        self.transport.abort()

    def data_received(self, data: bytes) -> None:
        exchange = self.exchange
        if exchange is None:
            self.drop()  # nobody asked for this
            return
        self.heard = True
        try:
            if self._body is None:
                data = self._head(exchange, self._partial + data if self._partial else data)
                if self._body is None or self.exchange is not exchange:
                    return
            payload, complete, rest = self._body.feed(data)
        except FramingError:
            self._broken(exchange)
            return
        if payload:
            exchange.answer_part(payload)
        if complete:
            self._complete(exchange, rest)
        else:
            exchange.flush()

    def _head(self, exchange: "Exchange", data: bytes) -> bytes:
        """Read the head if it is complete; what follows it."""
        while (end := data.find(HEAD_END)) >= 0:
            if end > HEAD_LIMIT:
                break
            head = read_answer_head(data[: end + 4], exchange.method)
            data = data[end + 4 :]
            if head.status == 101:
                raise FramingError("switched protocols unasked")
            if head.status < 200:
                exchange.interim(head)
                continue
            self._partial = b""
            self.keep = head.keep_alive
            self._body = head.body()
            exchange.answer_begun(head)
            if self._body is None and self.exchange is exchange:
                self._complete(exchange, data)
            return data
        if len(data) > HEAD_LIMIT:
            raise FramingError("a head too long")
        self._partial = data
        return b""

    def _complete(self, exchange: "Exchange", rest: bytes) -> None:
        self._body = None
        self.exchange = None
        self.used = True
        keep = self.keep and not rest and exchange.request.complete and not self.gone
        if keep:
            self.hold(False)
            self._pool.give_back(self)
        else:
            self.drop()
        exchange.answer_complete()

    def _broken(self, exchange: "Exchange") -> None:
        self.drop()
        exchange.callee_lost(retry=False)

    def eof_received(self) -> None:
        self._ended(clean=True)

    def connection_lost(self, exc: Exception | None) -> None:
        self._pool.left(self)
        self._ended(clean=False)

    def _ended(self, *, clean: bool) -> None:
        self.gone = True
        exchange, self.exchange = self.exchange, None
        if exchange is None:
            return
        self.transport.abort()
        if clean and isinstance(self._body, EndlessBody):
            exchange.answer_complete()
        else:
            exchange.callee_lost(retry=self.used and not self.heard)

    def pause_writing(self) -> None:
        if self.exchange is not None:
            self.exchange.callee_slow(True)

    def resume_writing(self) -> None:
        if self.exchange is not None:
            self.exchange.callee_slow(False)
