"""What a rule sees of one request and its answer, and what it may do about them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

Headers = list[tuple[bytes, bytes]]
Edit = Callable[[bytes], bytes | None]
"""A whole body in, the new body out; None leaves it as it is."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Nothing goes out for so long."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Raw:
    """Bytes for the wire as they are, outside of the body's framing."""

    wire: bytes


@dataclass(frozen=True, slots=True)
class Cut:
    """The connection ends here: by FIN, or by RST."""

    reset: bool = False


Piece = bytes | Pause | Raw | Cut
Shaper = Callable[[bytes, bool], Iterable[Piece]]
"""Called with each part of a body and whether it is the last (then it may be empty); yields what goes out."""


@dataclass(slots=True)
class Answer:
    """The head of the callee's answer."""

    status: int
    headers: Headers
    length: int | None
    """Bytes of the body; None when it is not known beforehand."""
    has_body: bool


class Exchange(Protocol):
    """One request and its answer, as rules see them. Every verb counts the rule as applied.

    The first rule that ends an exchange (`answer`, `reset`, `close`, `hang`) is the last that sees it. Waits add up,
    and an end comes after them.
    """

    method: str
    path: str
    """Without the query."""
    headers: Headers
    """The request's headers."""
    active: int
    """Requests now being served on this edge, this one included."""
    now_s: float
    """A monotonic clock."""
    strength: float
    """0 to 1 while the rule ramps up, 1 afterwards; see `EdgeRule.ramps`."""

    def header(self, name: str) -> str | None:
        """A request header's first value."""
        ...

    def wait(self, seconds: float) -> None:
        """Hold the request, or in `on_answer` the answer, for so long."""
        ...

    def answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        """Answer in the callee's place."""
        ...

    def reset(self) -> None:
        """End the connection by RST."""
        ...

    def close(self) -> None:
        """End the connection by FIN, without an answer."""
        ...

    def hang(self, seconds: float | None) -> None:
        """Say nothing until the caller leaves, or for so long and then FIN."""
        ...

    def set_headers(self, headers: Headers) -> None:
        """Replace the request's headers, or in `on_answer` the answer's."""
        ...

    def rewrite(self, edit: Edit) -> None:
        """Change the whole body of the request, or in `on_answer` of the answer; counted when it changes something."""
        ...

    def shape(self, shaper: Shaper, *, chunked: bool = False) -> None:
        """Change how the answer's body goes out; counted when it does something. `chunked` forces chunked framing."""
        ...
