"""More than so many requests a second are refused."""

import json
import math
from typing import Any, ClassVar

from pydantic import Field

from lab.core.units import PerSecond
from lab.rules import EdgeRule, Memory, rules
from lab.rules.exchange import Exchange

REFUSAL = {"type": "about:blank", "title": "Too Many Requests", "status": 429}


@rules.register("rate_limit")
class RateLimit(EdgeRule):
    """Let through what a token bucket allows, and answer the rest 429 with Retry-After.

    `each` names the header that tells callers apart; without it all share one bucket. `refusal_costs` is what a
    refused request takes out of the bucket, so that hammering hurts. Counts `too_early`: requests that came back before
    the time that Retry-After had named.
    """

    example: ClassVar[dict[str, Any]] = {"rate": "6/s", "burst": 6, "each": "X-API-Key"}

    rate: PerSecond = Field(gt=0)
    burst: float | None = Field(default=None, ge=1, description="Tokens of a full bucket; as many as a second brings")
    each: str | None = None
    refusal_costs: float = Field(default=0.0, ge=0, le=1)

    def on_request(self, exchange: Exchange, memory: Memory) -> None:
        """Take a token, or refuse."""
        now_s = exchange.now_s
        full = max(1.0, self.rate) if self.burst is None else self.burst
        who = "" if self.each is None else exchange.header(self.each) or ""
        tokens, at_s, retry_at_s = memory.kept.get(who, (full, now_s, -math.inf))
        if now_s < retry_at_s:
            memory.counts["too_early"] += 1
        tokens = min(full, tokens + (now_s - at_s) * self.rate)
        if tokens >= 1:
            memory.keep(who, (tokens - 1, now_s, retry_at_s))
            return
        # the debt is bounded, or a caller that hammers would be locked out forever
        tokens = max(-full, tokens - self.refusal_costs)
        retry_s = max(1, math.ceil((1 - tokens) / self.rate))
        memory.keep(who, (tokens, now_s, now_s + retry_s))
        headers = {"Content-Type": "application/problem+json", "Retry-After": str(retry_s)}
        exchange.answer(429, headers, json.dumps(REFUSAL).encode())
