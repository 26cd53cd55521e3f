"""The rules of all edges: read, checked, then put in force together or not at all."""

from collections.abc import Iterable, Mapping
from time import monotonic
from typing import Any

from lab.core.errors import Conflict, NotFound, UsageError, did_you_mean
from lab.proxy.active import ActiveRule
from lab.proxy.edge import Edge
from lab.proxy.rulesets import RuleSet
from lab.rules import read_rule
from lab.rules.rule import Rule


class Rulebook:
    """Owns what is in force. A rule that is put again unchanged, by its id, keeps its counters, draws and age."""

    def __init__(self, edges: Mapping[str, Edge]) -> None:
        self._edges = edges
        self._active: dict[str, list[ActiveRule]] = {name: [] for name in edges}

    def written(self, edge: str | None = None) -> Any:
        """The rules that are in force or wait for their start: of one edge, or of all."""
        if edge is not None:
            now_s = monotonic()
            return [one.written() for one in self._of(edge) if one.state(now_s) != "ended"]
        return {name: self.written(name) for name in self._edges}

    def put(self, edges: Mapping[str, Any]) -> None:
        """Replace the rules of these edges, all or none."""
        made = {name: self._made(name, written) for name, written in edges.items()}
        for name, rules in made.items():
            self._set(name, rules)

    def put_all(self, edges: Mapping[str, Any]) -> None:
        """Replace the rules of every edge, all or none; an edge that is not named gets none."""
        self.put({**dict.fromkeys(self._edges, ()), **edges})

    def add(self, edge: str, written: Any) -> str:
        """Put one rule after the others; its id."""
        present = self._of(edge)
        rule = _read(written, "The rule")
        if rule.id is not None and any(one.id == rule.id for one in present):
            raise Conflict(f"There is already a rule {rule.id!r} on {edge}.", "Give it another id, or remove that one.")
        made = self._activate(edge, rule, {one.id for one in present})
        self._set(edge, [*present, made])
        return made.id

    def remove(self, edge: str, id: str) -> None:
        """Take one rule out of force."""
        present = self._of(edge)
        kept = [one for one in present if one.id != id]
        if len(kept) == len(present):
            ids = [one.id for one in present]
            known = f"Its rules are: {', '.join(ids)}." if ids else "It has no rules."
            raise NotFound(f"There is no rule {id!r} on {edge}.", f"{did_you_mean(id, ids)}{known}")
        self._set(edge, kept)

    def reset(self) -> None:
        """Take every rule out of force."""
        self.put_all({})

    def stats(self, edge: str) -> dict[str, Any]:
        """What each rule of the edge has done, those that have ended included."""
        now_s = monotonic()
        return {one.id: one.stats(now_s) for one in self._of(edge)}

    def sweep(self, now_s: float) -> None:
        """Stop asking rules that have ended."""
        for name, edge in self._edges.items():
            if edge.rules is not None and any(one.state(now_s) == "ended" for one in edge.rules.rules):
                self._set(name, self._active[name])

    def _of(self, edge: str) -> list[ActiveRule]:
        try:
            return self._active[edge]
        except KeyError:
            known = f"Known edges: {', '.join(self._edges)}."
            raise NotFound(f"There is no edge {edge!r}.", f"{did_you_mean(edge, self._edges)}{known}") from None

    def _set(self, edge: str, rules: list[ActiveRule]) -> None:
        now_s = monotonic()
        self._active[edge] = rules
        live = [one for one in rules if one.state(now_s) != "ended"]
        # one assignment: a request finds either the old set or the new one
        self._edges[edge].rules = RuleSet(live) if live else None

    def _made(self, edge: str, written: Any) -> list[ActiveRule]:
        present = {one.id: one for one in self._of(edge)}
        if isinstance(written, str | Mapping) or not isinstance(written, Iterable):
            raise UsageError(f"The rules of {edge} must be a list.", "Send a list, also for one rule or none.")
        rules = [_read(one, f"Rule {number} of {edge}") for number, one in enumerate(written, 1)]
        taken: set[str] = set()
        for rule in rules:
            if rule.id is not None:
                if rule.id in taken:
                    raise UsageError(f"Two rules of {edge} have the id {rule.id!r}.", "Give each rule its own id.")
                taken.add(rule.id)
        made = []
        for rule in rules:
            same = present.get(rule.id) if rule.id is not None else None
            if same is not None and _alike(same.rule, rule):
                made.append(same)
            else:
                made.append(self._activate(edge, rule, taken))
                taken.add(made[-1].id)
        return made

    def _activate(self, edge: str, rule: Rule, taken: set[str]) -> ActiveRule:
        id = rule.id or rule.does.kind()
        number = 1
        while rule.id is None and id in taken:
            number += 1
            id = f"{rule.does.kind()}-{number}"
        return ActiveRule(rule, id, edge, monotonic())


def _alike(one: Rule, other: Rule) -> bool:
    """Whether both do the same; the id may have been given by us."""
    return one.model_copy(update={"id": None}) == other.model_copy(update={"id": None})


def _read(written: Any, which: str) -> Rule:
    try:
        return read_rule(written)
    except ValueError as error:
        what, _, hint = str(error).partition("Did you mean")
        hint = f"Did you mean{hint}" if hint else "Correct it and send it again; nothing was changed."
        raise UsageError(f"{which} is wrong: {what.strip()}", hint) from None
