"""One number as people say it: `19`, `19 %`, `about 1,200`, `300k`, `1.2s`, `2 min 5 s`, `16 requests/s`, `<1 ms`."""

import math
import re
from typing import Any

_NUMBER = re.compile(
    r"(?:about|around|roughly|approximately|circa|ca\.?|some|~|≈|<)?\s*"
    r"(\d[\d ',.]*(?:e\+\d\d(?!\d))?)\s*(.*)",
    re.IGNORECASE | re.DOTALL,
)
_MINUTES = re.compile(
    r"(\d+)\s*(?:m|mins?|minutes?)\s*(?:and\s*)?(\d+(?:[.,]\d+)?)\s*(?:s|secs?|seconds?)", re.IGNORECASE
)
_THOUSANDS = re.compile(r"k(?![a-z])\s*", re.IGNORECASE)
_UNITS = {
    "%": r"(?:%|per ?cent\b|pct\b).*",
    "/s": r"(?:[x×] ?\d{3} ?)?[a-z ×]*(?:/ ?s(?:ec(?:ond)?)?|per s(?:ec(?:ond)?)?|a second)|rps",
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
    long = _MINUTES.fullmatch(answer.strip())
    if long is not None:
        return _finite(int(long[1]) * 60 + float(_plain(long[2])), "s")
    word = match[2].strip().casefold().rstrip(".")
    many = _THOUSANDS.match(word)
    word = word[many.end() :] if many else word
    for unit, pattern in _UNITS.items():
        if re.fullmatch(pattern, word):
            return _finite(_plain(match[1]) + ("e3" if many else ""), unit)
    return None


def _plain(text: str) -> str:
    """`1,200`, `1 200` and `1'200` without their separators; a decimal comma, as in `0,021` too, as a point."""
    text = text.strip()
    if not re.match(r"0[,.]", text):
        text = re.sub(r"(?<=\d)[ ',](?=\d{3}(?:\D|$))", "", text)
    return text.replace(",", ".").rstrip(". ")


def _finite(number: str | float, unit: str) -> tuple[float, str] | None:
    try:
        value = float(number)
    except (ValueError, OverflowError):
        return None
    return (value, unit) if math.isfinite(value) and value >= 0 else None
