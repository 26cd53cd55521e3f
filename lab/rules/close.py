"""Connections end without an answer."""

from typing import Any, ClassVar, Literal

from lab.rules import EdgeRule, Memory, rules
from lab.rules.exchange import Answer, Exchange


@rules.register("close")
class Close(EdgeRule):
    """End the caller's connection by FIN, without an answer.

    Before the request goes on, or with `when: answer` once the callee has done its work.
    """

    example: ClassVar[dict[str, Any]] = {"when": "answer"}

    when: Literal["request", "answer"] = "request"

    def on_request(self, exchange: Exchange, memory: Memory) -> None:
        """Close before anything reaches the callee."""
        if self.when == "request":
            exchange.close()

    def on_answer(self, exchange: Exchange, answer: Answer, memory: Memory) -> None:
        """Close in place of the answer."""
        if self.when == "answer":
            exchange.close()
