"""Which requests a rule is for."""

from typing import Annotated

from pydantic import BeforeValidator, Field, field_validator

from lab.core.units import Share
from lab.core.written import Written

METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


class Match(Written):
    """Conditions that must all hold; without any, every request matches."""

    method: Annotated[tuple[str, ...], BeforeValidator(_listed)] = Field(
        default=(), description="One method or several, e.g. POST"
    )
    path: str | None = Field(
        default=None,
        description="`/orders` exactly, `/orders/{order_id}` for any one segment, `/orders/*` for all below",
    )
    header: dict[str, str] = Field(default_factory=dict, description="Header names and values; `*` stands for any text")
    key: str | None = Field(default=None, description="The caller's API key, as X-API-Key or bearer token")
    share: Share = Field(default=1.0, description="The share of matching requests it applies to, by seeded draw")

    @field_validator("method")
    @classmethod
    def _real_methods(cls, methods: tuple[str, ...]) -> tuple[str, ...]:
        upper = tuple(method.upper() for method in methods)
        for method in upper:
            if method not in METHODS:
                raise ValueError(f"{method!r} is not a method; use {', '.join(METHODS)}")
        return upper

    @field_validator("path")
    @classmethod
    def _well_formed(cls, path: str | None) -> str | None:
        if path is None:
            return None
        if not path.startswith("/") or "?" in path or "#" in path:
            raise ValueError(f"{path!r} is not a path; write it like /orders/* without a query")
        *inner, last = path[1:].split("/")
        for segment in [*inner, last]:
            braces = segment.startswith("{") and segment.endswith("}") and segment[1:-1].isidentifier()
            plain = not any(character in segment for character in "{}*")
            if not (plain or braces or segment == "*"):
                raise ValueError(f"{segment!r} in {path!r} is neither text, nor `*`, nor a name like {{order_id}}")
        return path
