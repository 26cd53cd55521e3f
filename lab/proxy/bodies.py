"""Bodies of HTTP/1.1 messages, read by length, by chunks, or until the connection ends.

Every reader takes bytes as they come, in any split, and says what belongs to the body, whether that was all, and which
bytes come after it. The chunk reader is our own because httptools does not tell where a chunked message ends.
"""

import re
from typing import Protocol

_SIZE_LINE = re.compile(rb"([0-9A-Fa-f]{1,15})(?:;[\t\x20-\x7e\x80-\xff]*)?")
_SIZE_LINE_BEGUN = re.compile(rb"(?:[0-9A-Fa-f]{1,15}(?:;[\t\x20-\x7e\x80-\xff]*)?)?\r?")
_TRAILER = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*")
LINE_LIMIT = 4_096
TRAILERS_LIMIT = 16_384
LAST_CHUNK = b"0\r\n\r\n"


class FramingError(Exception):
    """Bytes that two readers could understand differently, or not at all."""


class Body(Protocol):
    """Reads one message's body."""

    def feed(self, data: bytes) -> tuple[bytes, bool, bytes]:
        """What belongs to the body, whether it is complete, and what follows it; FramingError if malformed."""
        ...


class SizedBody:
    """A body of known length, at least one byte."""

    __slots__ = ("left",)

    def __init__(self, length: int) -> None:
        self.left = length

    def feed(self, data: bytes) -> tuple[bytes, bool, bytes]:
        """As Body.feed."""
        left = self.left - len(data)
        if left > 0:
            self.left = left
            return data, False, b""
        self.left = 0
        return (data, True, b"") if left == 0 else (data[:left], True, data[left:])


class EndlessBody:
    """A body that ends with the connection."""

    __slots__ = ()

    def feed(self, data: bytes) -> tuple[bytes, bool, bytes]:
        """As Body.feed; never complete."""
        return data, False, b""


class ChunkedBody:
    """A chunked body; extensions and trailers are checked and dropped."""

    __slots__ = ("_held", "_left", "_state", "_trailers")

    def __init__(self) -> None:
        self._held = b""
        self._left = 0
        self._trailers = 0
        self._state = self._size

    def feed(self, data: bytes) -> tuple[bytes, bool, bytes]:
        """As Body.feed."""
        if self._held:
            data, self._held = self._held + data, b""
        found: list[bytes] = []
        at = 0
        while at < len(data):
            after = self._state(data, at, found)
            if after < 0:
                self._held = data[at:]
                break
            at = after
            if self._state == self._done:
                return b"".join(found), True, data[at:]
        return b"".join(found), False, b""

    # Each state reads from `at` and returns where it stopped, or -1 when it needs more bytes.

    def _size(self, data: bytes, at: int, found: list[bytes]) -> int:
        end = _line_end(data, at)
        if end < 0:
            if not _SIZE_LINE_BEGUN.fullmatch(data, at):
                raise FramingError("a bad chunk size")
            return -1
        match = _SIZE_LINE.fullmatch(data, at, end)
        if match is None:
            raise FramingError("a bad chunk size")
        self._left = int(match[1], 16)
        self._state = self._data if self._left else self._trailer
        return end + 2

    def _data(self, data: bytes, at: int, found: list[bytes]) -> int:
        taken = data[at : at + self._left]
        found.append(taken)
        self._left -= len(taken)
        if self._left == 0:
            self._state = self._data_end
        return at + len(taken)

    def _data_end(self, data: bytes, at: int, found: list[bytes]) -> int:
        ending = data[at : at + 2]
        if not b"\r\n".startswith(ending):
            raise FramingError("a chunk longer than its size")
        if len(ending) < 2:
            return -1
        self._state = self._size
        return at + 2

    def _trailer(self, data: bytes, at: int, found: list[bytes]) -> int:
        end = _line_end(data, at)
        if end < 0:
            return -1
        self._trailers += end - at
        if self._trailers > TRAILERS_LIMIT:
            raise FramingError("too many trailers")
        if end == at:
            self._state = self._done
        elif not _TRAILER.fullmatch(data, at, end):
            raise FramingError("a bad trailer")
        return end + 2

    def _done(self, data: bytes, at: int, found: list[bytes]) -> int:
        raise AssertionError("fed after its end")


def _line_end(data: bytes, at: int) -> int:
    """Where the line that starts at `at` ends; -1 while it is not complete."""
    end = data.find(b"\r\n", at)
    if (end if end >= 0 else len(data)) - at > LINE_LIMIT:
        raise FramingError("a line too long")
    return end


def chunk(data: bytes) -> bytes:
    """One chunk that holds `data`, which must not be empty."""
    return b"%x\r\n%b\r\n" % (len(data), data)
