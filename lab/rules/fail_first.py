"""The first attempts fail, later ones work."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field

from lab.rules import EdgeRule, Memory, rules
from lab.rules.exchange import Exchange
from lab.rules.header_fields import check_headers


@rules.register("fail_first")
class FailFirst(EdgeRule):
    """Fail the first requests, and let all later ones pass.

    With `each`, the name of a header, they are counted for each of its values by itself: the first attempts of every
    order by `Idempotency-Key`, say. Requests without that header pass.
    """

    example: ClassVar[dict[str, Any]] = {"count": 2, "each": "Idempotency-Key"}

    count: int = Field(default=1, ge=1)
    each: str | None = Field(default=None, description="Count for each value of this header")
    by: Literal["abort", "reset", "close"] = "abort"
    status: int = Field(default=503, ge=400, le=599)
    headers: Annotated[dict[str, str], AfterValidator(check_headers)] = Field(default_factory=dict)

    def on_request(self, exchange: Exchange, memory: Memory) -> None:
        """Fail it if it is among the first."""
        who = "" if self.each is None else exchange.header(self.each)
        if who is None:
            return
        seen = memory.kept.get(who, 0)
        if seen >= self.count:
            return
        memory.keep(who, seen + 1)
        if self.by == "abort":
            exchange.answer(self.status, self.headers, b"")
        elif self.by == "reset":
            exchange.reset()
        else:
            exchange.close()
