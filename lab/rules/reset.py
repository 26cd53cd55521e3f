"""Connections are reset."""

from typing import Any, ClassVar, Literal

from lab.rules import EdgeRule, Memory, rules
from lab.rules.exchange import Answer, Exchange


@rules.register("reset")
class Reset(EdgeRule):
    """End the caller's connection by RST: before the request goes on, or when the callee has answered (`when: answer`).

    With `when: answer` the callee has done its work and only the answer is lost.
    """

    example: ClassVar[dict[str, Any]] = {"when": "answer"}

    when: Literal["request", "answer"] = "request"

    def on_request(self, exchange: Exchange, memory: Memory) -> None:
        """Reset before anything reaches the callee."""
        if self.when == "request":
            exchange.reset()

    def on_answer(self, exchange: Exchange, answer: Answer, memory: Memory) -> None:
        """Reset in place of the answer."""
        if self.when == "answer":
            exchange.reset()
