"""A token bucket; the `limits` library counts in windows and knows no refusal that costs a part of a token."""

import time
from collections.abc import Callable


class TokenBucket:
    """Holds up to `burst` tokens and gains `rate` of them a second; it starts full.

    Rate and burst are arguments of each call, so that a setting takes effect at once.
    """

    __slots__ = ("_at", "_clock", "tokens")

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.tokens = float("inf")
        self._clock = clock
        self._at = clock()

    def refill(self, rate: float, burst: float) -> float:
        """Tokens there now."""
        now = self._clock()
        self.tokens = min(burst, self.tokens + (now - self._at) * rate)
        self._at = now
        return self.tokens

    def take(self, rate: float, burst: float, refusal_cost: float = 0.0) -> bool:
        """Whether there was a token to take; a refusal costs `refusal_cost` tokens, down to none."""
        if self.refill(rate, burst) >= 1:
            self.tokens -= 1
            return True
        self.tokens = max(0.0, self.tokens - refusal_cost)
        return False

    def seconds_to_next(self, rate: float) -> float:
        """Seconds until one token is there."""
        return max(0.0, 1 - self.tokens) / rate if rate > 0 else 3600.0
