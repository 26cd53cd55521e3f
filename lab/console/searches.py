"""Searches as people build them by clicking: adding, replacing and taking away terms of the search language."""

import re
from typing import Any

_TERMS = re.compile(r'-?[\w.\-]+:"(?:[^"\\]|\\.)*"|-?"(?:[^"\\]|\\.)*"|\S+')
_PLAIN = re.compile(r"[\w./{}:@\-]+")


def terms(query: str) -> list[str]:
    """The query's terms as they are written."""
    return _TERMS.findall(query)


def term(field: str, value: Any, *, negated: bool = False) -> str:
    """`field:value` with quotes where the value needs them."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    plain = _PLAIN.fullmatch(text) and not text.startswith(("-", ":"))
    quoted = text if plain else '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"{'-' if negated else ''}{field}:{quoted}"


def added(query: str, new: str) -> str:
    """The query with one term more, unless it has it."""
    known = terms(query)
    return query.strip() if new in known else " ".join([*known, new])


def replaced(query: str, field: str, new: str | None) -> str:
    """The query with `new` in place of what it says about the field; None takes it away."""
    rest = [one for one in terms(query) if not one.startswith(f"{field}:")]
    return " ".join([*rest, new] if new else rest)


def has(query: str, wanted: str) -> bool:
    """Whether the query has exactly this term."""
    return wanted in terms(query)
