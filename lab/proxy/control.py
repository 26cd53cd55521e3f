"""The control API's connections."""

import asyncio
import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from lab.core.errors import UsageError, problem
from lab.proxy.api import answer
from lab.proxy.bodies import Body, FramingError
from lab.proxy.heads import HEAD_END, HEAD_LIMIT, RequestHead, read_request_head

if TYPE_CHECKING:
    from lab.proxy.process import Proxy

BODY_LIMIT = 1_048_576


class ControlConnection(asyncio.Protocol):
    """One connection of a controlling client; requests are served in turn."""

    transport: asyncio.Transport

    def __init__(self, proxy: "Proxy", token: str, siblings: "set[ControlConnection]") -> None:
        self._proxy = proxy
        self._token = token
        self._siblings = siblings
        self._pending = b""
        self._head: RequestHead | None = None
        self._reader: Body | None = None
        self._body: list[bytes] = []
        self._serving: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]  # a stream transport, as for every TCP connection
        self._siblings.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._siblings.discard(self)

    def data_received(self, data: bytes) -> None:
        self._pending += data
        try:
            self._read()
        except FramingError:
            self._send(400, problem(UsageError("The request cannot be read.", "Send well-formed HTTP/1.1.")))
            self.transport.close()

    def _read(self) -> None:
        if self._serving is not None:
            return
        if self._head is None:
            end = self._pending.find(HEAD_END)
            if end < 0 and len(self._pending) < HEAD_LIMIT:
                return
            self._head = read_request_head(self._pending[: end + 4])
            self._reader = self._head.body()
            self._pending = self._pending[end + 4 :]
            if self._head.expects:
                self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if self._reader is not None:
            part, complete, self._pending = self._reader.feed(self._pending)
            self._body.append(part)
            if sum(map(len, self._body)) > BODY_LIMIT:
                raise FramingError("a body too long")
            if not complete:
                return
        self._serving = asyncio.get_running_loop().create_task(self._serve(self._head, b"".join(self._body)))
        self._head, self._reader, self._body = None, None, []

    async def _serve(self, head: RequestHead, body: bytes) -> None:
        status, content = await answer(self._proxy, self._token, head, body)
        self._serving = None
        if not self.transport.is_closing():
            self._send(status, content)
            if not head.keep_alive:
                self.transport.close()
            elif self._pending:
                self.data_received(b"")

    def _send(self, status: int, content: Any) -> None:
        kind = "application/problem+json" if status >= 400 else "application/json"
        body = json.dumps(content).encode()
        head = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nContent-Type: {kind}\r\n"
        self.transport.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
