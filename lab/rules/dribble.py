"""Answers come drop by drop."""

from collections.abc import Iterator
from typing import Any, ClassVar

from pydantic import Field

from lab.core.units import Milliseconds
from lab.rules import EdgeRule, Memory, rules
from lab.rules.exchange import Answer, Exchange, Pause, Piece, Shaper


@rules.register("dribble")
class Dribble(EdgeRule):
    """Send the answer's body a few bytes at a time, with a pause before each of them."""

    example: ClassVar[dict[str, Any]] = {"bytes": 10, "every": "100ms"}

    bytes: int = Field(default=1, ge=1)
    every: Milliseconds = Field(default=100.0, gt=0)

    def on_answer(self, exchange: Exchange, answer: Answer, memory: Memory) -> None:
        """Slow the body down."""
        if answer.has_body:
            exchange.shape(self._drops())

    def _drops(self) -> Shaper:
        def shape(data: bytes, _last: bool) -> Iterator[Piece]:
            for at in range(0, len(data), self.bytes):
                yield Pause(self.every / 1000)
                yield data[at : at + self.bytes]

        return shape
