"""Answers kept for a short while."""

import time
from dataclasses import dataclass

from services.chassis import Reply


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer and when it came."""

    reply: Reply
    at: float

    @property
    def age_s(self) -> float:
        """Seconds since it came."""
        return time.monotonic() - self.at


class Cache:
    """At most `limit` answers; the oldest goes first."""

    def __init__(self, limit: int = 1000) -> None:
        self._limit = limit
        self._kept: dict[str, Kept] = {}

    def get(self, key: str, ttl_s: float) -> Kept | None:
        """The answer for `key`, if it is not older than `ttl_s`."""
        kept = self._kept.get(key)
        if kept is None:
            return None
        if kept.age_s >= ttl_s:
            del self._kept[key]
            return None
        return kept

    def put(self, key: str, reply: Reply) -> None:
        """Keep an answer."""
        self._kept.pop(key, None)
        self._kept[key] = Kept(reply, time.monotonic())
        if len(self._kept) > self._limit:
            del self._kept[next(iter(self._kept))]
