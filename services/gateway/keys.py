"""API keys: who may call, what for, and how fast."""

from pathlib import Path
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from services.chassis.bucket import TokenBucket

SCOPES = {
    "catalog:read": "See products.",
    "orders:read": "See and search orders, and the customer they belong to.",
    "orders:write": "Place orders.",
    "refunds:write": "Refund orders.",
}


class ApiKey(BaseModel):
    """One key as written in the keys file."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    key: str = Field(min_length=8)
    name: str = Field(min_length=1)
    role: str
    scopes: frozenset[str]
    rate_rps: float | None = Field(None, gt=0)
    burst: int | None = Field(None, ge=1)
    keeps_headers: bool = Field(False, description="Whether traces keep headers of its requests and answers")


class Caller:
    """A key in use: its entry, its bucket, and its name as a header holds it."""

    __slots__ = ("bucket", "entry", "told")

    def __init__(self, entry: ApiKey) -> None:
        self.entry = entry
        self.bucket = TokenBucket()
        self.told = quote(entry.name, safe="")


DEVELOPMENT_KEYS = (
    ApiKey(
        key="dev-storefront-key",
        name="dev-storefront",
        role="storefront",
        scopes=frozenset({"catalog:read", "orders:read", "orders:write"}),
    ),
    ApiKey(
        key="dev-support-key",
        name="dev-support",
        role="support",
        scopes=frozenset({"catalog:read", "orders:read", "refunds:write"}),
    ),
)
"""For a gateway started by hand without a keys file."""


def load_keys(path: Path | None) -> dict[str, Caller]:
    """Callers by key; ValueError or OSError in words when the file is no list of keys."""
    entries = list(DEVELOPMENT_KEYS)
    if path is not None:
        try:
            entries = TypeAdapter(list[ApiKey]).validate_json(path.read_bytes())
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"])) or "the file"
            raise ValueError(f"{path} is not a list of API keys: {where}: {first['msg']}") from None
    return {entry.key: Caller(entry) for entry in entries}
