"""A caller's connection: reads requests one after another and writes what their exchanges answer."""

import asyncio
import socket
import struct
from time import monotonic
from typing import TYPE_CHECKING

from lab.proxy.bodies import Body, FramingError
from lab.proxy.endings import plain
from lab.proxy.exchange import Exchange
from lab.proxy.heads import HEAD_END, HEAD_LIMIT, AnswerHead, read_request_head, sized

if TYPE_CHECKING:
    from lab.proxy.edge import Edge

PENDING_LIMIT = 65_536
LINGER_S = 2.0
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class CallerConnection(asyncio.Protocol):
    """One connection from the caller; pipelined requests are served in turn."""

    __slots__ = (
        "_advancing", "_body", "_closing", "_head_since_s", "_idle_since_s", "_linger_until_s", "_pending",
        "_reset_when_sent", "edge", "exchange", "held", "last", "slow", "transport",
    )  # fmt: skip

    transport: asyncio.Transport

    def __init__(self, edge: "Edge") -> None:
        self.edge = edge
        self.exchange: Exchange | None = None
        self.last = False
        """Whether the connection ends after the present answer."""
        self.slow = False
        """Whether the caller takes answers slower than they come."""
        self._body: Body | None = None
        self._pending = b""
        """What came after the present request, or the beginning of the next one's head."""
        self.held = False
        """Whether reading is paused."""
        self._advancing = self._closing = self._reset_when_sent = False
        self._head_since_s: float | None = None
        self._idle_since_s = monotonic()
        self._linger_until_s: float | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]  # a stream transport, as for every TCP connection
        self.edge.callers.add(self)

    def data_received(self, data: bytes) -> None:
        self.edge.counts.bytes_in += len(data)
        if self._closing:
            return
        if self._body is not None:
            data = self._feed(data)
        if self.exchange is not None:
            self._pending += data
            if len(self._pending) > PENDING_LIMIT:
                self.hold()
        elif data:
            self._advance(self._pending + data if self._pending else data)

    def _advance(self, data: bytes) -> None:
        """Serve the requests in `data`, as far as they can be served at once."""
        arrived_s = monotonic()
        self._pending = b""
        self._advancing = True
        try:
            while data and self.exchange is None and not self._closing:
                data = self._next(data, arrived_s)
                if self._pending:
                    return
        except FramingError:
            self._refuse(400)
            return
        finally:
            self._advancing = False
        self._pending = data

    def _next(self, data: bytes, arrived_s: float) -> bytes:
        """Start the request at the beginning of `data`; what follows it. An incomplete head becomes pending."""
        if data[0] in b"\r\n":
            data = data.lstrip(b"\r\n")
        end = data.find(HEAD_END, 0, HEAD_LIMIT)
        if end < 0:
            if data and not _may_become_a_head(data):
                raise FramingError("not a request")
            self._pending = data
            if data and self._head_since_s is None:
                self._head_since_s = arrived_s
            return b""
        head = read_request_head(data[: end + 4])
        rest = data[end + 4 :]
        self._head_since_s = None
        self.last = not head.keep_alive
        exchange = self.exchange = Exchange(self, head, arrived_s)
        self._body = head.body()
        if self._body is None:
            exchange.request.complete = True
        elif rest:
            rest = self._feed(rest)
        if not exchange.over:
            exchange.start()
        return rest

    def _feed(self, data: bytes) -> bytes:
        """Hand on what belongs to the present request's body; what follows it."""
        exchange = self.exchange
        assert exchange is not None
        assert self._body is not None
        try:
            payload, complete, rest = self._body.feed(data)
        except FramingError:
            self.edge.counts.refused += 1
            exchange.malformed()
            return b""
        if complete:
            self._body = None
        if payload or complete:
            exchange.request_part(payload, last=complete)
        if exchange.full:
            self.hold()
        return rest

    # ── what the exchange asks for ──────────────────────────────────────────────────────────────────────────────

    def write(self, data: bytes) -> None:
        """Send to the caller."""
        self.edge.counts.bytes_out += len(data)
        self.transport.write(data)

    def hold(self) -> None:
        """Read no more for now."""
        if not self.held and not self.transport.is_closing():
            self.held = True
            self.transport.pause_reading()

    def read_on(self) -> None:
        """Read again, unless there is too much to be served already."""
        if self.held and not self.transport.is_closing() and len(self._pending) <= PENDING_LIMIT:
            self.held = False
            self.transport.resume_reading()

    def exchange_over(self) -> None:
        """The present answer is complete: go on with the next request, or end."""
        self.exchange = None
        self._idle_since_s = monotonic()
        if self.last or self.edge.draining:
            self._end()
            return
        if self._pending and not self._advancing:
            self._advance(self._pending)
        self.read_on()

    def disconnect(self, *, reset: bool) -> None:
        """End without an answer, or in the middle of one: by FIN, or by RST."""
        self.exchange = None
        if not reset:
            self._end()
            return
        self._closing = True
        if self.transport.get_write_buffer_size() > 0:
            # what is on its way goes out first
            self._reset_when_sent = True
            self.transport.set_write_buffer_limits(high=0)
        else:
            self._reset()

    # ── ending ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _refuse(self, status: int) -> None:
        """Say what any server says to what it cannot read, and end."""
        self.edge.counts.refused += 1
        answer = plain(status)
        fields = sized(answer.headers, len(answer.body))
        head = AnswerHead(status, None, fields, length=len(answer.body), method=b"GET")
        self.write(head.wire(1, chunked=False, last=True) + answer.body)
        self._end(linger=True)

    def _end(self, *, linger: bool = False) -> None:
        """End by FIN.

        Closing with unread bytes would send RST, which can destroy an answer under way: read them first.
        """
        self._closing = True
        if self._body is None and not self._pending and not self.held and not linger:
            self.transport.close()
            return
        self._body = None
        self._pending = b""
        self._linger_until_s = monotonic() + LINGER_S
        if not self.transport.is_closing():
            self.transport.write_eof()
            self.read_on()

    def _reset(self) -> None:
        connection = self.transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self.transport.abort()

    def eof_received(self) -> None:
        # like other proxies we take this for leaving, not for half of a conversation
        self._left()

    def connection_lost(self, exc: Exception | None) -> None:
        self.edge.callers.discard(self)
        self._left()

    def _left(self) -> None:
        self._closing = True
        exchange, self.exchange = self.exchange, None
        if exchange is not None:
            exchange.caller_left()

    def drain(self) -> None:
        """End as soon as there is no request under way."""
        self.last = True
        if self.exchange is None and not self._closing:
            self._end()

    def sweep(self, now_s: float) -> None:
        """End what takes too long."""
        timeouts = self.edge.timeouts
        if self._linger_until_s is not None:
            if now_s > self._linger_until_s:
                self.transport.abort()
        elif self.exchange is not None:
            self.exchange.sweep(now_s)
        elif self._head_since_s is not None:
            if now_s - self._head_since_s > timeouts.head:
                self._refuse(408)
        elif now_s - self._idle_since_s > timeouts.idle and not self._closing:
            self._end()

    def pause_writing(self) -> None:
        self.slow = True
        if self.exchange is not None:
            self.exchange.caller_slow(True)

    def resume_writing(self) -> None:
        self.slow = False
        if self._reset_when_sent:
            self._reset()
        elif self.exchange is not None:
            self.exchange.caller_slow(False)


def _may_become_a_head(data: bytes) -> bool:
    """Whether bytes without an empty line can still turn out to be the beginning of a request."""
    if len(data) > HEAD_LIMIT or not 65 <= data[0] <= 90:
        return False
    newline = data.find(b"\n")
    return newline < 0 or (data[newline - 1] == 13 and b"\n\n" not in data)
