"""Requests take longer."""

import math
from typing import Any, ClassVar, Literal

from pydantic import Field, model_validator

from lab.core.units import Milliseconds
from lab.rules import EdgeRule, Memory, rules
from lab.rules.exchange import Answer, Exchange

Z99 = 2.3263478740408408
"""The 99th percentile of the standard normal distribution."""
FORMS = {"delay": "", "median": "p99", "mean": "deviation", "minimum": "shape"}


@rules.register("latency")
class Latency(EdgeRule):
    """Hold each request for a time: fixed, lognormal, normal or pareto, and longer the more are under way.

    Give `delay`; or `median` and `p99` (lognormal, as real services are); or `mean` and `deviation` (normal); or
    `minimum` and `shape` (pareto: a long tail). `per_active` adds so much for each request being served beyond `above`.
    """

    ramps: ClassVar[Literal["share", "strength"]] = "strength"
    example: ClassVar[dict[str, Any]] = {"median": "80ms", "p99": "400ms"}

    delay: Milliseconds | None = Field(default=None, ge=0)
    median: Milliseconds | None = Field(default=None, gt=0)
    p99: Milliseconds | None = Field(default=None, gt=0)
    mean: Milliseconds | None = Field(default=None, ge=0)
    deviation: Milliseconds | None = Field(default=None, ge=0)
    minimum: Milliseconds | None = Field(default=None, gt=0)
    shape: float | None = Field(default=None, gt=0, le=100, description="Lower means a longer tail; 1.2 to 3 are usual")
    per_active: Milliseconds = Field(default=0.0, ge=0)
    above: int = Field(default=0, ge=0)
    at_most: Milliseconds = Field(default=60_000.0, gt=0, description="No request waits longer")
    when: Literal["request", "answer"] = Field(
        default="request", description="Hold the request before it goes on, or the answer when the work is done"
    )

    @model_validator(mode="after")
    def _one_form(self) -> "Latency":
        given = [first for first, second in FORMS.items() if self._has(first) or self._has(second)]
        if len(given) > 1 or not (given or self.per_active):
            raise ValueError("give one of: `delay`; `median` and `p99`; `mean` and `deviation`; `minimum` and `shape`")
        for first in given:
            second = FORMS[first]
            if not self._has(first) or (second and not self._has(second)):
                raise ValueError(f"`{first}` and `{second}` belong together")
        if self.median is not None and self.p99 is not None and self.p99 < self.median:
            raise ValueError("`p99` cannot be below `median`")
        return self

    def _has(self, name: str) -> bool:
        return bool(name) and getattr(self, name) is not None

    def drawn_ms(self, memory: Memory, active: int = 1) -> float:
        """One draw, in milliseconds."""
        drawn = self.delay or 0.0
        if self.median is not None and self.p99 is not None:
            spread = math.log(self.p99 / self.median) / Z99
            drawn = self.median * math.exp(memory.random.gauss(0.0, spread))
        elif self.mean is not None and self.deviation is not None:
            drawn = max(0.0, memory.random.gauss(self.mean, self.deviation))
        elif self.minimum is not None and self.shape is not None:
            drawn = self.minimum * memory.random.paretovariate(self.shape)
        return min(drawn + self.per_active * max(0, active - self.above), self.at_most)

    def _hold(self, exchange: Exchange, memory: Memory) -> None:
        exchange.wait(self.drawn_ms(memory, exchange.active) * exchange.strength / 1000)

    def on_request(self, exchange: Exchange, memory: Memory) -> None:
        """Wait, counted from the request's arrival."""
        if self.when == "request":
            self._hold(exchange, memory)

    def on_answer(self, exchange: Exchange, answer: Answer, memory: Memory) -> None:
        """Wait with the answer, when the callee has done its work."""
        if self.when == "answer":
            self._hold(exchange, memory)
