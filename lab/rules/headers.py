"""Header fields change on the way."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field, model_validator

from lab.rules import EdgeRule, Memory, rules
from lab.rules.exchange import Answer, Exchange
from lab.rules.exchange import Headers as Fields
from lab.rules.header_fields import check_headers, check_name


@rules.register("headers")
class Headers(EdgeRule):
    """Set or remove header fields of answers, or of requests with `of: request`."""

    example: ClassVar[dict[str, Any]] = {"set": {"Cache-Control": "max-age=3600"}, "remove": ["Retry-After"]}

    of: Literal["request", "answer"] = "answer"
    set: Annotated[dict[str, str], AfterValidator(check_headers)] = Field(default_factory=dict)
    remove: tuple[Annotated[str, AfterValidator(check_name)], ...] = ()

    @model_validator(mode="after")
    def _something(self) -> "Headers":
        if not self.set and not self.remove:
            raise ValueError("give `set`, `remove` or both")
        return self

    def edited(self, fields: Fields) -> Fields:
        """The fields after the change; one that is set takes the place of all with its name."""
        gone = {name.lower().encode() for name in (*self.set, *self.remove)}
        kept = [field for field in fields if field[0].lower() not in gone]
        return [*kept, *((name.encode(), value.encode()) for name, value in self.set.items())]

    def on_request(self, exchange: Exchange, memory: Memory) -> None:
        """Change the request's fields."""
        if self.of == "request":
            exchange.set_headers(self.edited(exchange.headers))

    def on_answer(self, exchange: Exchange, answer: Answer, memory: Memory) -> None:
        """Change the answer's fields."""
        if self.of == "answer":
            exchange.set_headers(self.edited(answer.headers))
