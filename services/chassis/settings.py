"""Settings that change while the service runs: declared once, patched all or none."""

from collections.abc import Callable
from typing import Any, Generic, Literal, TypeVar, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field

_TYPES = {int: "integer", float: "number", bool: "boolean", str: "text"}


class ServiceSettings(BaseModel):
    """Base of a service's settings; an instance never changes, a patch makes a new one."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, allow_inf_nan=False)


S = TypeVar("S", bound=ServiceSettings)


def setting(default: Any, description: str, *, unit: str | None = None, **bounds: Any) -> Any:
    """A field of a ServiceSettings: default, one sentence, unit (`ms`, `requests/s` …), pydantic bounds."""
    return Field(default, description=description, json_schema_extra={"unit": unit} if unit else None, **bounds)


def describe(model: type[ServiceSettings]) -> dict[str, dict[str, Any]]:
    """Every setting as `service.toml` writes it: type, default, description, and choices and unit if any."""
    described: dict[str, dict[str, Any]] = {}
    for name, field in model.model_fields.items():
        kind = field.annotation
        if get_origin(kind) is Literal:
            entry: dict[str, Any] = {"type": "choice", "choices": list(get_args(kind))}
        else:
            assert isinstance(kind, type), f"setting {name} has no plain type"
            entry = {"type": _TYPES[kind]}
        extra = field.json_schema_extra
        if isinstance(extra, dict):
            entry["unit"] = extra["unit"]
        described[name] = entry | {"default": field.default, "description": field.description}
    return described


class Live(Generic[S]):
    """The settings in force: read `now` once per request, so that one request sees one state."""

    def __init__(self, model: type[S]) -> None:
        self.model = model
        self.now: S = model()
        self._listeners: list[Callable[[S], None]] = []

    def on_change(self, listener: Callable[[S], None]) -> None:
        """Call `listener` with the new settings after every patch."""
        self._listeners.append(listener)

    def patch(self, values: dict[str, Any]) -> S:
        """Set the named settings, all or none; pydantic's ValidationError when one is wrong."""
        self.now = self.model.model_validate(self.now.model_dump() | values)
        for listener in self._listeners:
            listener(self.now)
        return self.now
