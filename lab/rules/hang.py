"""Requests are never answered."""

from typing import Any, ClassVar, Literal

from pydantic import Field

from lab.core.units import Seconds
from lab.rules import EdgeRule, Memory, rules
from lab.rules.exchange import Answer, Exchange


@rules.register("hang")
class Hang(EdgeRule):
    """Keep the caller's connection open and say nothing, until the caller gives up.

    The request does not reach the callee; with `when: answer` it does, and only the answer never comes.
    """

    example: ClassVar[dict[str, Any]] = {"lasts": "30s"}

    when: Literal["request", "answer"] = "request"
    lasts: Seconds | None = Field(default=None, gt=0, description="Close the connection after so long")

    def on_request(self, exchange: Exchange, memory: Memory) -> None:
        """Swallow the request."""
        if self.when == "request":
            exchange.hang(self.lasts)

    def on_answer(self, exchange: Exchange, answer: Answer, memory: Memory) -> None:
        """Swallow the answer."""
        if self.when == "answer":
            exchange.hang(self.lasts)
