"""The rules of one edge, compiled: whoever asks gets those for a path by a few look-ups, not by trying them all."""

from lab.proxy.active import ActiveRule
from lab.proxy.heads import RequestHead
from lab.proxy.plan import Plan

_ANY = "*"


class _Branch:
    """A place in the tree of path segments."""

    __slots__ = ("below", "branches", "here")

    def __init__(self) -> None:
        self.branches: dict[str, _Branch] = {}
        self.here: list[int] = []
        """Rules whose path ends here, by their position."""
        self.below: list[int] = []
        """Rules for everything below."""

    def add(self, segments: list[str], position: int) -> None:
        first, *others = segments
        if first == _ANY and not others:
            self.below.append(position)
            return
        branch = self.branches.setdefault(_ANY if first == _ANY or first.startswith("{") else first, _Branch())
        if others:
            branch.add(others, position)
        else:
            branch.here.append(position)

    def collect(self, segments: list[str], depth: int, found: set[int]) -> None:
        if depth == len(segments):
            found.update(self.here)
            return
        found.update(self.below)
        for name in (segments[depth], _ANY):
            branch = self.branches.get(name)
            if branch is not None:
                branch.collect(segments, depth + 1, found)


class RuleSet:
    """Rules in their order.

    Never changed: another set takes its place, and exchanges keep the one they arrived with.
    """

    __slots__ = ("_everywhere", "_tree", "rules")

    def __init__(self, rules: list[ActiveRule]) -> None:
        self.rules = tuple(rules)
        self._everywhere = [position for position, one in enumerate(rules) if one.rule.match.path is None]
        self._tree: _Branch | None = None
        for position, one in enumerate(rules):
            if one.rule.match.path is not None:
                self._tree = self._tree or _Branch()
                self._tree.add(one.rule.match.path[1:].split("/"), position)

    def for_path(self, path: str) -> list[ActiveRule]:
        """The rules whose path fits, in their order."""
        if self._tree is None:
            return list(self.rules)
        found = set(self._everywhere)
        self._tree.collect(path[1:].split("/"), 0, found)
        return [self.rules[position] for position in sorted(found)]

    def plan(self, head: RequestHead, now_s: float, active: int) -> Plan | None:
        """What the rules want done with this request; None when none of them is for it."""
        path = head.target.partition(b"?")[0].decode("latin-1")
        plan = Plan(head, path, now_s, active)
        chosen = []
        # every rule looks at the request as it came, before the first one acts on it
        for rule in self.for_path(path):
            strength = rule.choose(plan)
            if strength > 0:
                chosen.append((rule, strength))
        if not chosen:
            return None
        plan.run(chosen)
        return plan
