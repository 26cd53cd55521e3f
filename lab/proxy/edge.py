"""One edge: where it listens, where it leads, its rules, its connections and its counters."""

import asyncio
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lab.proxy.deadlines import Deadlines
from lab.proxy.pool import Pool

if TYPE_CHECKING:
    from lab.proxy.caller import CallerConnection
    from lab.proxy.rulesets import RuleSet


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long each side may take, in seconds."""

    head: float = 10.0
    """From the first byte of a request to the end of its head."""
    body: float = 30.0
    """Between two parts of a request's body."""
    idle: float = 75.0
    """A caller's connection without a request."""
    connect: float = 3.0
    answer: float = 60.0
    """From the request's end to the answer's first byte, and between two parts of it."""
    spare: float = 4.0
    """An idle connection to the callee; shorter than servers commonly keep theirs."""


class Counts:
    """What has passed an edge since it was made."""

    __slots__ = ("answers", "bytes_in", "bytes_out", "left", "refused", "requests", "retried", "unreachable")

    def __init__(self) -> None:
        self.requests = 0
        self.bytes_in = 0
        self.bytes_out = 0
        self.answers: Counter[int] = Counter()
        self.refused = 0
        """Requests whose framing was not accepted."""
        self.left = 0
        """Requests whose caller went away before the answer was complete."""
        self.unreachable = 0
        """Requests that found no callee, or whose callee ended without an answer."""
        self.retried = 0
        """Requests that may be sent twice, and were, because a kept connection turned out to be closed."""


class Edge:
    """A caller → callee pair."""

    def __init__(
        self, name: str, host: str, port: int, *, deadlines: Deadlines, timeouts: Timeouts | None = None
    ) -> None:
        self.name = name
        self.deadlines = deadlines
        self.timeouts = timeouts or Timeouts()
        self.pool = Pool(host, port, self.timeouts.connect, self.timeouts.spare)
        self.rules: RuleSet | None = None
        """What new requests get; None while there are no rules. Replaced as a whole, never changed."""
        self.counts = Counts()
        self.active = 0
        self.callers: set[CallerConnection] = set()
        self.draining = False
        self.server: asyncio.Server | None = None

    @property
    def listen(self) -> int:
        """The port it listens on; 0 while it does not."""
        return int(self.server.sockets[0].getsockname()[1]) if self.server and self.server.sockets else 0

    def stats(self) -> dict[str, Any]:
        """Counters and present state, without those of rules."""
        counts = self.counts
        return {
            "requests": counts.requests,
            "answers": {str(status): count for status, count in sorted(counts.answers.items())},
            "bytes_in": counts.bytes_in,
            "bytes_out": counts.bytes_out,
            "active": self.active,
            "connections": len(self.callers),
            "refused": counts.refused,
            "left": counts.left,
            "unreachable": counts.unreachable,
            "retried": counts.retried,
            "callee": self.pool.stats(),
        }

    def sweep(self, now_s: float) -> None:
        """End what has taken too long."""
        for caller in list(self.callers):
            caller.sweep(now_s)
        self.pool.sweep(now_s)
