"""SQL statements with their literals taken out, so that the same statement is counted as the same."""

import re
from functools import lru_cache

_LITERALS = re.compile(
    r"""
    (?P<comment>--[^\n]*|/\*.*?\*/)
    | (?P<name>"(?:[^"]|"")*")          # an identifier in quotes stays
    | '(?:[^']|'')*'                    # a text
    | (?<![\w.$:%])-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\b   # a number that is not part of a name
    | \?\d* | (?<![:\w]):\w+ | @\w+ | \$\d+ | %s | %\(\w+\)s   # placeholders of every driver
    """,
    re.VERBOSE | re.DOTALL,
)
_LISTS = re.compile(r"\(\s*\?(?:\s*,\s*\?)*\s*\)")
_ROWS = re.compile(r"(\(\?…?\))(?:\s*,\s*\(\?…?\))+")
_LONGEST = 2000


@lru_cache(maxsize=512)
def normalise(statement: str) -> str:
    """`SELECT * FROM orders WHERE id = 7` as `SELECT * FROM orders WHERE id = ?`; lists of values become `(?…)`."""
    plain = _LITERALS.sub(lambda found: " " if found["comment"] else found["name"] or "?", statement[:_LONGEST])
    plain = " ".join(plain.split()).rstrip("; ")
    plain = _LISTS.sub(lambda found: "(?)" if "," not in found[0] else "(?…)", plain)
    return _ROWS.sub(r"\1", plain)
