"""The way back is narrow."""

import re
from collections.abc import Iterator
from time import monotonic
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from lab.rules import EdgeRule, Memory, rules
from lab.rules.exchange import Answer, Exchange, Pause, Piece, Shaper

_RATE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(B|kB|MB)(?:/s)?\s*")
_BYTES = {"B": 1, "kB": 1_000, "MB": 1_000_000}
SLICE_S = 0.05


def bytes_per_second(value: Any) -> float:
    """`64 kB/s`, `1MB/s` or a number of bytes per second; ValueError otherwise."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    match = _RATE.fullmatch(str(value))
    if match is None:
        raise ValueError(f"{value!r} is not a bandwidth; write it like 64kB/s or 1MB/s")
    return float(match[1]) * _BYTES[match[2]]


BytesPerSecond = Annotated[
    float,
    BeforeValidator(bytes_per_second),
    WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "string"}], "examples": ["64kB/s"]}),
]


@rules.register("bandwidth")
class Bandwidth(EdgeRule):
    """Limit the bodies of answers to a bandwidth, shared by the whole edge or for each answer."""

    example: ClassVar[dict[str, Any]] = {"rate": "64kB/s"}

    rate: BytesPerSecond = Field(gt=0)
    shared: Literal["edge", "answer"] = Field(default="edge", description="What shares the bandwidth")

    def on_answer(self, exchange: Exchange, answer: Answer, memory: Memory) -> None:
        """Send the body slice by slice."""
        if answer.has_body:
            exchange.shape(self._slices(memory.kept if self.shared == "edge" else {}))

    def _slices(self, link: dict[str, Any]) -> Shaper:
        size = max(1, int(self.rate * SLICE_S))

        def shape(data: bytes, _last: bool) -> Iterator[Piece]:
            now_s = monotonic()
            for at in range(0, len(data), size):
                part = data[at : at + size]
                # each slice takes its turn on the link, after all that were promised theirs before
                free_s: float = max(now_s, link.get("free_s", now_s)) + len(part) / self.rate
                link["free_s"] = free_s
                yield Pause(free_s - now_s)
                now_s = free_s
                yield part

        return shape
