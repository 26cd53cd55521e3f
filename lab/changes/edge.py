"""A rule on an edge: what the network or the other side does to requests between two services."""

from typing import Any
from uuid import uuid4

from pydantic import Field, field_validator

from lab.changes import Change, changes
from lab.core.system import System
from lab.rules import read_rule


@changes.register("edge")
class Edge(Change):
    """Put one rule on an edge such as `orders->partner`, e.g. `rule: {latency: {delay: 200ms}}`."""

    edge: str = Field(pattern=r"^[a-z][a-z0-9-]*->[a-z][a-z0-9-]*$")
    rule: dict[str, Any] = Field(description="One kind of edge rule, with optional match and seed")

    @field_validator("rule")
    @classmethod
    def _known(cls, rule: dict[str, Any]) -> dict[str, Any]:
        read_rule(rule)
        return rule

    async def remember(self, system: System) -> dict[str, Any]:
        """An id for the rule, so that only this one is removed later."""
        return {"id": uuid4().hex[:12]}

    async def apply(self, system: System, token: Any) -> None:
        """Add the rule after those already there."""
        others = [rule for rule in await system.rules(self.edge) if rule.get("id") != token["id"]]
        await system.set_rules(self.edge, [*others, {**self.rule, "id": token["id"]}])

    async def revert(self, system: System, token: dict[str, Any]) -> None:
        """Remove the rule."""
        kept = [rule for rule in await system.rules(self.edge) if rule.get("id") != token["id"]]
        await system.set_rules(self.edge, kept)

    def services(self) -> list[str]:
        """Both ends."""
        return self.edge.split("->")
