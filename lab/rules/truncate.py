"""Answers end too early."""

from collections.abc import Iterator
from typing import Any, ClassVar

from pydantic import Field, model_validator

from lab.core.units import Share
from lab.rules import EdgeRule, Memory, rules
from lab.rules.exchange import Answer, Cut, Exchange, Piece, Shaper


@rules.register("truncate")
class Truncate(EdgeRule):
    """Send only the beginning of the answer's body, then end the connection.

    The head still promises the whole. `keep` is a share of the promised length, or of the first part where no length
    is known; `keep_bytes` is a number.
    """

    example: ClassVar[dict[str, Any]] = {"keep": "50%"}

    keep: Share | None = None
    keep_bytes: int | None = Field(default=None, ge=0)
    reset: bool = Field(default=False, description="End by RST instead of FIN")

    @model_validator(mode="after")
    def _one_measure(self) -> "Truncate":
        if self.keep is not None and self.keep_bytes is not None:
            raise ValueError("give `keep` or `keep_bytes`, not both")
        if self.keep == 1:
            raise ValueError("`keep` must be less than all")
        return self

    def on_answer(self, exchange: Exchange, answer: Answer, memory: Memory) -> None:
        """Cut the body short."""
        if answer.has_body:
            exchange.shape(self._cut(answer.length))

    def _cut(self, length: int | None) -> Shaper:
        left = self.keep_bytes
        share = 0.5 if self.keep is None else self.keep

        def shape(data: bytes, _last: bool) -> Iterator[Piece]:
            nonlocal left
            if left is None:
                left = round((len(data) if length is None else length) * share)
            if len(data) <= left:
                left -= len(data)
                yield data
            else:
                yield data[:left]
                yield Cut(reset=self.reset)

        return shape
