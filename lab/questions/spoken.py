"""One number as people say it: `19`, `19 %`, `about 1,200`, `1.2s`, `16 requests/s`, `90 per minute`."""

import math
import re
from typing import Any

_NUMBER = re.compile(
    r"(?:about|around|roughly|approximately|circa|ca\.?|some|~|≈)?\s*(\d[\d ',.]*)\s*(.*)", re.IGNORECASE | re.DOTALL
)
_UNITS = {
    "%": r"(?:%|per ?cent\b|pct\b).*",
    "/s": r"[a-z ×]*(?:/ ?s(?:ec(?:ond)?)?|per s(?:ec(?:ond)?)?|a second)|rps",
    "/min": r"[a-z ×]*(?:/ ?min(?:ute)?|per min(?:ute)?|a minute)|rpm",
    "ms": r"ms|msecs?|milli(?:second)?s?",
    "s": r"s|secs?|seconds?",
    "min": r"m|mins?|minutes?",
    "": r"[a-z ]*",
}
LONGEST = 80


def spoken_number(answer: Any) -> tuple[float, str] | None:
    """The value and its unit (%, /s, /min, ms, s, min or nothing); None when it is not one number."""
    if isinstance(answer, int | float) and not isinstance(answer, bool):
        return _finite(answer, "")
    if not isinstance(answer, str) or len(answer) > LONGEST:
        return None
    match = _NUMBER.fullmatch(answer.strip())
    if match is None:
        return None
    word = match[2].strip().casefold().rstrip(".")
    for unit, pattern in _UNITS.items():
        if re.fullmatch(pattern, word):
            return _finite(_plain(match[1]), unit)
    return None


def _plain(text: str) -> str:
    """`1,200`, `1 200` and `1'200` without their separators; a decimal comma as a point."""
    text = re.sub(r"(?<=\d)[ ',](?=\d{3}(?:\D|$))", "", text.strip())
    return text.replace(",", ".").rstrip(". ")


def _finite(number: str | float, unit: str) -> tuple[float, str] | None:
    try:
        value = float(number)
    except (ValueError, OverflowError):
        return None
    return (value, unit) if math.isfinite(value) and value >= 0 else None
