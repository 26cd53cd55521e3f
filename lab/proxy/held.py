"""A request as far as it has come: to be sent on, and to be sent again when a kept connection turns out to be dead."""

from lab.proxy.bodies import LAST_CHUNK, chunk
from lab.proxy.heads import RequestHead

REPLAY_LIMIT = 65_536
EDIT_LIMIT = 1_048_576
"""Bodies beyond this pass unedited: an edit needs them whole, in memory."""


class HeldRequest:
    """Keeps the bytes of one request until the callee has begun to answer, or until there are too many."""

    __slots__ = ("_size", "complete", "head", "parts")

    def __init__(self, head: RequestHead) -> None:
        self.head = head
        self.complete = False
        """Whether the whole request has come."""
        self.parts: list[bytes] | None = [head.wire()]
        """The head and the framed parts of the body; None once they are forgotten."""
        self._size = 0

    def add(self, data: bytes, *, last: bool) -> bytes:
        """Keep a part of the body; its framed form."""
        self.complete = last
        if self.head.chunked:
            data = (chunk(data) if data else b"") + (LAST_CHUNK if last else b"")
        if self.parts is not None:
            self.parts.append(data)
            self._size += len(data)
        return data

    def longer_than(self, limit: int) -> bool:
        """Whether more than so many bytes of the body are held."""
        return self.parts is not None and self._size > limit

    def replace(self, parts: list[bytes]) -> None:
        """Send this instead."""
        self.parts = parts

    def wire(self) -> bytes:
        """All that is held, as the callee gets it."""
        assert self.parts is not None
        return b"".join(self.parts)

    def forget(self) -> None:
        """It will not be sent again."""
        self.parts = None
