"""Rules on an edge: what the network, or whoever is at the other end, does to requests and answers.

One file per kind. A kind has parameters (its fields) and behaviour, two hooks that the proxy calls: `on_request` before
a request goes on to the callee, `on_answer` when the head of the answer has come. Kinds are frozen; what an active rule
has to keep between requests is in its `Memory`.
"""

from collections import Counter
from random import Random
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from lab.core.registry import Kind, Registry
from lab.rules.exchange import Answer, Exchange

if TYPE_CHECKING:
    from lab.rules.rule import Rule

KEPT_AT_MOST = 10_000


class Memory:
    """What an active rule keeps between requests: seeded random numbers, counters that are reported, anything else."""

    __slots__ = ("counts", "kept", "random")

    def __init__(self, random: Random) -> None:
        self.random = random
        self.counts: Counter[str] = Counter()
        self.kept: dict[str, Any] = {}

    def keep(self, name: str, value: Any) -> None:
        """Keep a value, and forget the oldest ones when there are too many."""
        if name not in self.kept and len(self.kept) >= KEPT_AT_MOST:
            del self.kept[next(iter(self.kept))]
        self.kept[name] = value


class EdgeRule(Kind):
    """Base of every kind of edge rule."""

    ramps: ClassVar[Literal["share", "strength"]] = "share"
    """What grows while a rule ramps up: the share of requests it applies to, or how strongly it applies to each."""

    example: ClassVar[dict[str, Any]] = {}
    """Parameters that show it at work, for the reference."""

    def acts_on(self, moment: Literal["request", "answer"]) -> bool:
        """Whether the hook for that moment has anything to do; where authors may choose, they do by `when` or `of`."""
        chosen = getattr(self, "when", getattr(self, "of", moment))
        hook = f"on_{moment}"
        return bool(chosen == moment and getattr(type(self), hook) is not getattr(EdgeRule, hook))

    def on_request(self, exchange: Exchange, memory: Memory) -> None:
        """Called when a matching request has come, before it goes on."""

    def on_answer(self, exchange: Exchange, answer: Answer, memory: Memory) -> None:
        """Called when the head of the callee's answer to a matching request has come."""


rules: Registry[EdgeRule] = Registry("lab.rules", "edge rule")


def read_rule(written: Any) -> "Rule":
    """A rule from its written form, `{latency: {delay: 200ms}, match: {...}, seed: 7}`.

    ValueError, in one sentence that names the place, when it is not one.
    """
    from lab.rules.rule import Rule

    return Rule.read(written)
