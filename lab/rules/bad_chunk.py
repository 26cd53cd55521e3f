"""Answers break off in the middle of their framing."""

from collections.abc import Iterator
from typing import Any, ClassVar

from pydantic import Field

from lab.rules import EdgeRule, Memory, rules
from lab.rules.exchange import Answer, Cut, Exchange, Piece, Raw, Shaper

NONSENSE = b"zz\r\n"


@rules.register("bad_chunk")
class BadChunk(EdgeRule):
    """Send the answer in chunks, and after some bytes an invalid chunk size."""

    example: ClassVar[dict[str, Any]] = {"after_bytes": 20}

    after_bytes: int = Field(default=0, ge=0, description="Bytes of the body before the bad chunk")

    def on_answer(self, exchange: Exchange, answer: Answer, memory: Memory) -> None:
        """Break the framing."""
        if answer.has_body:
            exchange.shape(self._break(), chunked=True)

    def _break(self) -> Shaper:
        left = self.after_bytes

        def shape(data: bytes, last: bool) -> Iterator[Piece]:
            nonlocal left
            if len(data) < left and not last:
                left -= len(data)
                yield data
            else:
                # a body shorter than wanted breaks at its end
                yield data[:left]
                yield Raw(NONSENSE)
                yield Cut()

        return shape
