"""JSON bodies change on the way, as when the other side released a new version."""

import json
from collections.abc import Iterator
from typing import Any, ClassVar, Literal

from pydantic import Field, model_validator

from lab.rules import EdgeRule, Memory, rules
from lab.rules.exchange import Answer, Exchange

Type = Literal["text", "number", "boolean", "list", "null"]


@rules.register("body")
class Body(EdgeRule):
    """Drop, rename, retype or set fields of JSON answers, or of requests with `of: request`.

    A field is named by its path: `total_cents`, `customer.email`, `items.*.price`. What is set need not be there yet,
    only what holds it. Bodies that are not JSON objects or lists, or longer than a megabyte, pass as they are.
    """

    example: ClassVar[dict[str, Any]] = {"rename": {"total_cents": "amount_minor"}, "retype": {"id": "number"}}

    of: Literal["request", "answer"] = "answer"
    drop: tuple[str, ...] = ()
    rename: dict[str, str] = Field(default_factory=dict, description="Path to the field's new last name")
    retype: dict[str, Type] = Field(default_factory=dict)
    set: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _something(self) -> "Body":
        if not (self.drop or self.rename or self.retype or self.set):
            raise ValueError("give at least one of `drop`, `rename`, `retype`, `set`")
        return self

    def edited(self, body: bytes) -> bytes | None:
        """The body after the change; None when there was nothing to change."""
        try:
            content = json.loads(body)
        except ValueError:
            return None
        before = json.dumps(content)
        for path in self.drop:
            for holder, name in _places(content, path):
                del holder[name]
        for path, new in self.rename.items():
            for holder, name in _places(content, path):
                if isinstance(holder, dict):
                    holder[new] = holder.pop(name)
        for path, wanted in self.retype.items():
            for holder, name in _places(content, path):
                holder[name] = _retyped(holder[name], wanted)
        for path, value in self.set.items():
            for holder, name in _places(content, path, new=True):
                holder[name] = value
        after = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        return None if json.dumps(content) == before else after.encode()

    def on_request(self, exchange: Exchange, memory: Memory) -> None:
        """Change the request's body."""
        if self.of == "request":
            exchange.rewrite(self.edited)

    def on_answer(self, exchange: Exchange, answer: Answer, memory: Memory) -> None:
        """Change the answer's body."""
        if self.of == "answer" and answer.has_body:
            exchange.rewrite(self.edited)


def _places(content: Any, path: str, *, new: bool = False) -> list[tuple[Any, Any]]:
    """Where the field is, or could be: each holder, a dict or a list, and the key in it; last ones of a list first."""
    holders = [content]
    *inner, last = path.split(".")
    for step in inner:
        holders = [holder[key] for holder in holders for key in _keys(holder, step)]
    return [(holder, key) for holder in holders for key in _keys(holder, last, new=new)]


def _keys(holder: Any, step: str, *, new: bool = False) -> Iterator[Any]:
    if isinstance(holder, dict):
        yield from list(holder) if step == "*" else [step] if new or step in holder else []
    elif isinstance(holder, list):
        yield from reversed(range(len(holder))) if step == "*" else []


def _retyped(value: Any, wanted: Type) -> Any:
    if wanted == "text":
        return value if isinstance(value, str) else json.dumps(value)
    if wanted == "number":
        try:
            return float(value) if "." in str(value) else int(value)
        except (TypeError, ValueError):
            return 0
    if wanted == "boolean":
        return bool(value)
    return [value] if wanted == "list" else None
