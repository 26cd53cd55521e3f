"""How a database runs a query, line by line, with what matters in it said in words, whichever database it is."""

import re
from dataclasses import dataclass

_WHOLE = re.compile(r"^\s*(?:->\s*)?(?:SCAN (?:TABLE )?(\w+)(?! USING)|(?:Parallel )?Seq Scan on (?:\w+\.)?(\w+))")
_WHOLE_INDEX = re.compile(r"^\s*SCAN .* USING ")
_SORTED = re.compile(r"USE TEMP B-TREE|^\s*(?:->\s*)?Sort\b")


@dataclass(frozen=True, slots=True)
class Line:
    """One line as the database wrote it, and what it means where that is worth a word."""

    text: str
    means: str


def explained(plan: list[str]) -> list[Line]:
    """The plan's lines with their meaning."""
    return [Line(text, _meaning(text)) for text in plan]


def _meaning(text: str) -> str:
    if (whole := _WHOLE.match(text)) and "USING" not in text:
        return f"reads every row of {whole[1] or whole[2]}"
    if _WHOLE_INDEX.match(text):
        return "reads a whole index"
    if "USING" in text or "Index" in text:
        return "finds its rows by an index"
    return "sorts what it found" if _SORTED.search(text) else ""
