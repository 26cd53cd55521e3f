"""An exchange that only writes down what a rule wants."""

from random import Random
from typing import Any

import pytest

from lab.rules import EdgeRule, Memory
from lab.rules.exchange import Answer, Edit, Headers, Piece, Shaper


class FakeExchange:
    """`lab.rules.exchange.Exchange`, written down."""

    def __init__(self, method: str = "GET", path: str = "/", headers: dict[str, str] | None = None) -> None:
        self.method = method
        self.path = path
        self.headers: Headers = [(name.encode(), value.encode()) for name, value in (headers or {}).items()]
        self.active = 1
        self.now_s = 1000.0
        self.strength = 1.0
        self.waited_s = 0.0
        self.ended: tuple[Any, ...] | None = None
        self.edits: list[Edit] = []
        self.shapers: list[Shaper] = []
        self.chunked = False
        self.set: Headers | None = None

    def header(self, name: str) -> str | None:
        for field, value in self.headers:
            if field.decode().lower() == name.lower():
                return value.decode()
        return None

    def wait(self, seconds: float) -> None:
        self.waited_s += seconds

    def answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.ended = ("answer", status, headers, body)

    def reset(self) -> None:
        self.ended = ("reset",)

    def close(self) -> None:
        self.ended = ("close",)

    def hang(self, seconds: float | None) -> None:
        self.ended = ("hang", seconds)

    def set_headers(self, headers: Headers) -> None:
        self.set = headers

    def rewrite(self, edit: Edit) -> None:
        self.edits.append(edit)

    def shape(self, shaper: Shaper, *, chunked: bool = False) -> None:
        self.shapers.append(shaper)
        self.chunked = chunked


class RuleAtWork:
    """One rule with its memory, applied to one fake exchange after another."""

    def __init__(self, rule: EdgeRule, seed: int = 0) -> None:
        self.rule = rule
        self.memory = Memory(Random(seed))

    def on_request(self, exchange: FakeExchange | None = None, **named: Any) -> FakeExchange:
        exchange = exchange or FakeExchange(**named)
        self.rule.on_request(exchange, self.memory)
        return exchange

    def on_answer(
        self,
        exchange: FakeExchange | None = None,
        *,
        status: int = 200,
        headers: Headers | None = None,
        length: int | None = None,
        has_body: bool = True,
    ) -> FakeExchange:
        exchange = exchange or FakeExchange()
        self.rule.on_answer(exchange, Answer(status, headers or [], length, has_body), self.memory)
        return exchange

    def shaped(self, *parts: bytes, length: int | None = None) -> list[Piece]:
        """What goes out when the answer's body comes in these parts."""
        (shaper,) = self.on_answer(length=length).shapers
        return [piece for at, part in enumerate(parts, 1) for piece in shaper(part, at == len(parts))]


@pytest.fixture(scope="session")
def at_work() -> type[RuleAtWork]:
    """Makes rules that work on fake exchanges."""
    return RuleAtWork


@pytest.fixture(scope="session")
def fake() -> type[FakeExchange]:
    """Makes fake exchanges."""
    return FakeExchange
