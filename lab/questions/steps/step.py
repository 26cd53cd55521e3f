"""One step of an exercise: what to do, the request that counts, an example of it, what to notice."""

import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, PositiveInt, WithJsonSchema, field_validator, model_validator

from lab.core.written import Written
from lab.questions.steps.received import LEARNER
from lab.questions.steps.template import Template
from lab.questions.steps.wanted import Wanted

NONE, UNKNOWN = "none", "unknown"
_SEND = re.compile(r"^(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) (/\S*)$")


def _one_or_more(written: Any) -> Any:
    return [written] if isinstance(written, int) else written


Statuses = Annotated[
    list[int],
    BeforeValidator(_one_or_more),
    WithJsonSchema({"anyOf": [{"type": "integer"}, {"type": "array", "items": {"type": "integer"}}]}),
]


class Outcome(Written):
    """What must have been received, and how it must have been answered."""

    status: Statuses = Field(default_factory=list, description="This, or one of these; without any, any below 400")
    problem: str | None = Field(default=None, description="The last word of the problem's `type`")
    headers: dict[str, Wanted] = Field(default_factory=dict, description="Of the request")
    query: dict[str, Wanted] = Field(default_factory=dict, description="Query parameters of the request")
    answer: dict[str, Wanted] = Field(default_factory=dict, description="Headers of the answer")
    order: Wanted | None = Field(default=None, description="The order it made or is about")
    payment: Wanted | None = Field(default=None, description="The payment at the partner that it made or is about")
    logged: dict[str, dict[str, Any]] = Field(
        default_factory=dict, description="Events that the services must have logged for it, each with attributes"
    )
    facts: dict[str, Any] = Field(default_factory=dict, description="What else the receiver wrote down")
    backed_off: str | None = Field(
        default=None,
        description="A step that was refused: this is the next request after it, and came after its Retry-After",
    )

    after: str | None = Field(
        default=None, description="A step that must have been done before this request, and not only at some time"
    )

    def values(self) -> Iterator[tuple[str, str, Wanted]]:
        """Every value that is looked at: where (`headers`, `query`, `answer`, `order` …), its name, what it must be."""
        for where in ("headers", "query", "answer"):
            for name, wanted in getattr(self, where).items():
                yield where, name, wanted
        if self.order is not None:
            yield "order", "order", self.order
        if self.payment is not None:
            yield "payment", "payment", self.payment


class Step(Written):
    """One request to send; `wanted` says when it counts, `example` how it can be done."""

    id: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    do: str = Field(min_length=10, description="What to send, in plain words")
    send: str = Field(description="Method and path as OpenAPI names them, e.g. `POST /api/v1/orders`")
    to: Literal["shop", "sandbox", "inbox"] = Field(
        default="shop", description="The shop, or the learner's own account at the partner, or their inbox"
    )
    key: str = Field(default=LEARNER, description="`you`, `none`, `unknown`, or the name of another key of the lesson")
    example: Template = Field(default=Template(), description="A request that does it")
    wanted: Outcome = Field(default=Outcome(), description="What must have been received for it to count")
    keep: dict[str, str] = Field(
        default_factory=dict, description="Variable → what of the answer: `header.ETag`, `body.items.0.id`, `status`"
    )
    notice: str = Field(default="", description="What to notice, told when the step is done")
    nearly: str = Field(default="", description="What to change, added to the hint of an attempt that does not count")
    points: PositiveInt = Field(default=1, description="Its weight among the steps")

    @field_validator("send")
    @classmethod
    def _is_an_operation(cls, written: str) -> str:
        if _SEND.match(written) is None:
            raise ValueError("write a method and a path, for example `GET /api/v1/products`")
        return written

    @model_validator(mode="after")
    def _names_in_path(self) -> Self:
        for name in re.findall(r"\{(\w+)\}", self.path):
            if name not in self.example.path:
                raise ValueError(f"the path has {{{name}}}: give it a value under `example: {{path: {{{name}: …}}}}`")
        return self

    @property
    def method(self) -> str:
        """GET, POST …"""
        return self.send.partition(" ")[0]

    @property
    def path(self) -> str:
        """The path, names in braces."""
        return self.send.partition(" ")[2]

    @property
    def passive(self) -> bool:
        """Whether it happens to the learner: a message that comes into the inbox."""
        return self.to == "inbox" and self.path == "/"

    @property
    def statuses(self) -> str:
        """The statuses that count, as people say them."""
        return " or ".join(map(str, self.wanted.status)) or "a success"

    def counts(self, status: int) -> bool:
        """Whether an answer with this status can be what the step wants."""
        return status in self.wanted.status if self.wanted.status else 0 < status < 400

    def refers_to(self) -> set[str]:
        """The steps that it compares with."""
        found = {wanted.step for _, _, wanted in self.wanted.values() if wanted.step is not None}
        return found | {step for step in (self.wanted.backed_off, self.wanted.after) if step is not None}
