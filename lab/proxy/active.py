"""A rule in force: what it waits for, what it has seen, what it has done."""

import re
from random import Random
from typing import TYPE_CHECKING, Any

from lab.rules import EdgeRule, Memory
from lab.rules.rule import Rule

if TYPE_CHECKING:
    from lab.proxy.plan import Plan


class ActiveRule:
    """One rule on one edge. Its draws follow from its seed, the edge and its kind, in the order of its requests."""

    __slots__ = (
        "_fields", "_key", "_methods", "_share", "_share_random", "applied", "does", "id", "matched", "memory", "rule",
        "sees_answers", "sees_requests", "set_at_s",
    )  # fmt: skip

    def __init__(self, rule: Rule, id: str, edge: str, now_s: float) -> None:
        self.rule = rule
        self.id = id
        self.does: EdgeRule = rule.does
        self.set_at_s = now_s
        self.matched = 0
        """Requests for which all conditions held, before the draw of the share."""
        self.applied = 0
        """Requests to which something was done."""
        kind = type(rule.does)
        self.memory = Memory(Random(f"{rule.seed}/{edge}/{kind.kind()}/values"))
        self._share_random = Random(f"{rule.seed}/{edge}/{kind.kind()}/share")
        self.sees_requests = rule.does.acts_on("request")
        self.sees_answers = rule.does.acts_on("answer")
        match = rule.match
        self._share = match.share
        self._methods = frozenset(match.method)
        self._fields = [(name, _pattern(value)) for name, value in match.header.items()]
        self._key = match.key

    def state(self, now_s: float) -> str:
        """`waiting` before its start, `active`, or `ended`."""
        age_s = now_s - self.set_at_s
        if age_s < self.rule.start:
            return "waiting"
        return "ended" if self.rule.end is not None and age_s >= self.rule.end else "active"

    def choose(self, plan: "Plan") -> float:
        """The strength with which to apply to this request; 0 when it is not for it."""
        strength = 1.0
        rule = self.rule
        if rule.start or rule.ramp or rule.end is not None:
            age_s = plan.now_s - self.set_at_s
            if age_s < rule.start or (rule.end is not None and age_s >= rule.end):
                return 0.0
            if rule.ramp:
                strength = min(1.0, (age_s - rule.start) / rule.ramp)
        if self._methods and plan.method not in self._methods:
            return 0.0
        if self._key is not None and not self._has_key(plan):
            return 0.0
        for name, pattern in self._fields:
            value = plan.header(name)
            if value is None or not pattern.fullmatch(value):
                return 0.0
        self.matched += 1
        share = self._share
        if strength < 1.0 and self.does.ramps == "share":
            share, strength = share * strength, 1.0
        # one draw for each match, also when none is needed, so that the sequence never shifts
        drawn = self._share_random.random()
        return strength if drawn < share else 0.0

    def _has_key(self, plan: "Plan") -> bool:
        if plan.header("X-API-Key") == self._key:
            return True
        scheme, _, token = (plan.header("Authorization") or "").partition(" ")
        return scheme.lower() == "bearer" and token.strip() == self._key

    def written(self) -> dict[str, Any]:
        """Its written form, with its id."""
        return {**self.rule.written(), "id": self.id}

    def stats(self, now_s: float) -> dict[str, Any]:
        """What it has done."""
        counts = {"kind": self.does.kind(), "state": self.state(now_s)}
        return {**counts, "matched": self.matched, "applied": self.applied, **self.memory.counts}


def _pattern(value: str) -> re.Pattern[str]:
    return re.compile("".join(".*" if part == "*" else re.escape(part) for part in re.split(r"(\*)", value)))
