"""SQL texts as telemetry shows them: one text per statement, whatever its values."""

import re
from dataclasses import dataclass
from functools import lru_cache

_SPACE = re.compile(r"\s+")
_PLACEHOLDER = re.compile(r"%\(\w+\)s(?:::\w+)?|%s")
_LITERAL = re.compile(r"'(?:[^']|'')*'|\b\d+(?:\.\d+)?\b")
_LIST = re.compile(r"\(\?(?:, ?\?)+\)")
_GROUPS = re.compile(r"(VALUES \(\?\))(?:, ?\(\?\))+")
_OPERATION = re.compile(r"^(?:WITH .*?\) )?(SELECT|INSERT|UPDATE|DELETE)\b", re.IGNORECASE)
_TABLE = re.compile(r"\b(?:FROM|INTO|UPDATE)\s+\"?(\w+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Statement:
    """`text` without values, `operation` such as SELECT, `table` the first one named, `name` both."""

    name: str
    text: str
    operation: str
    table: str


@lru_cache(maxsize=512)
def describe(sql: str) -> Statement:
    """What a statement is; placeholders of every driver become `?`, lists of them `(?)`, literals too."""
    text = _SPACE.sub(" ", sql.strip())
    text = _LITERAL.sub("?", _PLACEHOLDER.sub("?", text))
    text = _GROUPS.sub(r"\1", _LIST.sub("(?)", text))
    matched = _OPERATION.match(text)
    operation = matched[1].upper() if matched else text.split(" ", 1)[0].upper()
    found = _TABLE.search(text)
    table = found[1] if found else ""
    return Statement(f"{operation} {table}".rstrip(), text, operation, table)
