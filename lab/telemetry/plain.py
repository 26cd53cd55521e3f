"""Values as JSON and UTF-8 can hold them."""

from typing import Any

import orjson


def dumps(value: Any) -> str:
    """JSON; what JSON cannot hold becomes text."""
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        return orjson.dumps(_plain(value)).decode()


def clean(text: str | None) -> str | None:
    """A text that UTF-8 can hold."""
    return text if text is None or text.isascii() else text.encode("utf-8", "replace").decode()


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {clean(str(key)): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int) and -(2**63) <= value < 2**63:
        return value
    return clean(str(value))
