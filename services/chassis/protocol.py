"""uvicorn's HTTP protocol, with our envelope for what is no request yet, and with an end to waiting for one."""

import asyncio

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from services.chassis.problem import MEDIA_TYPE, Problem


class ProblemProtocol(HttpToolsProtocol):
    """Answers a malformed request, or half of one, like every other error.

    `types` is the address that problem types start with.
    """

    types = ""
    head_timeout_s = 10.0
    _head_begun = False
    _waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Wait for the first head."""
        super().connection_made(transport)
        self._waiting = self.loop.call_later(self.head_timeout_s, self._wait_no_longer)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing more."""
        self._head_is_here()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read; the timer is for heads that do not come whole, as nearly all do."""
        super().data_received(data)
        if self._head_begun and self._waiting is None:
            self._waiting = self.loop.call_later(self.head_timeout_s, self._wait_no_longer)

    def on_message_begin(self) -> None:
        """A head begins."""
        self._head_begun = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The head is here."""
        self._head_is_here()
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """Say so, and hang up."""
        why = f"{msg.rstrip('.')}. Check the request line, the headers and the length of the body."
        self._hang_up(Problem(400, "malformed-request", "Malformed request", why))

    def _head_is_here(self) -> None:
        self._head_begun = False
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _wait_no_longer(self) -> None:
        """A connection on which nothing ever came is closed without a word."""
        if not self._head_begun:
            self.transport.close()
            return
        why = f"The request's headers did not end within {self.head_timeout_s:g} s. Send the whole request at once."
        self._hang_up(Problem(408, "request-timeout", "Request timeout", why))

    def _hang_up(self, problem: Problem) -> None:
        self._head_is_here()
        body = problem.body(self.types)
        self.transport.write(
            STATUS_LINE[problem.status]
            + b"content-type: %b\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % (MEDIA_TYPE.encode(), len(body))
            + body
        )
        self.transport.close()
