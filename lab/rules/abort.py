"""Requests are answered on the way."""

import json
from functools import cached_property
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, Field

from lab.rules import EdgeRule, Memory, rules
from lab.rules.exchange import Exchange
from lab.rules.header_fields import check_headers, check_value


@rules.register("abort")
class Abort(EdgeRule):
    """Answer in the callee's place; the request does not reach it."""

    example: ClassVar[dict[str, Any]] = {"status": 429, "headers": {"Retry-After": "2"}, "body": {"title": "Slow down"}}

    status: int = Field(default=503, ge=200, le=599)
    headers: Annotated[dict[str, str], AfterValidator(check_headers)] = Field(default_factory=dict)
    body: Any = Field(default=None, description="Text, or anything else as JSON")
    content_type: Annotated[str, AfterValidator(check_value)] = Field(
        default="", description="Taken from the body if not given"
    )

    @cached_property
    def _prepared(self) -> tuple[dict[str, str], bytes]:
        if self.body is None:
            return self.headers, b""
        text = isinstance(self.body, str)
        usual = "text/plain; charset=utf-8" if text else "application/json"
        body = self.body if text else json.dumps(self.body, separators=(",", ":"))
        return {"Content-Type": self.content_type or usual, **self.headers}, body.encode()

    def on_request(self, exchange: Exchange, memory: Memory) -> None:
        """Answer."""
        headers, body = self._prepared
        exchange.answer(self.status, headers, body)
