"""Durations, shares and rates as people write and read them: `20s`, `800ms`, `1%`, `6/s`; `12 %`, `1.23 s`.

Plain functions without a third-party import, because the command line parses and says quantities too.
"""

import re
from typing import Any

_DURATION = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*(ms|s|min|m|h)?\s*$")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, None: 1.0}
_RATE = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*(?:/\s*(s|min))?\s*$")


def seconds(value: Any) -> float:
    """`20s`, `800ms`, `2min` or a number of seconds, as seconds; ValueError otherwise."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    match = _DURATION.match(str(value))
    if match is None:
        raise ValueError(f"{value!r} is not a duration; write it like 20s, 800ms or 2min")
    return float(match[1]) * _SECONDS[match[2]]


def milliseconds(value: Any) -> float:
    """`800ms`, `2s` or a bare number of milliseconds, as milliseconds; ValueError otherwise."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    return seconds(f"{value}ms" if str(value).strip().replace(".", "", 1).isdigit() else value) * 1000


def share(value: Any) -> float:
    """`20%` or `0.2`, as 0 to 1; ValueError otherwise."""
    text = str(value).strip()
    try:
        number = float(text[:-1]) / 100 if text.endswith("%") else float(text)
    except ValueError:
        raise ValueError(f"{value!r} is not a share; write it like 20% or 0.2") from None
    if not 0 <= number <= 1:
        raise ValueError(f"{value!r} is not a share; it must lie between 0% and 100%")
    return number


def per_second(value: Any) -> float:
    """`6/s`, `90/min` or a number per second, per second; ValueError otherwise."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    match = _RATE.match(str(value))
    if match is None:
        raise ValueError(f"{value!r} is not a rate; write it like 6/s or 90/min")
    return float(match[1]) / (60 if match[2] == "min" else 1)


def say_number(value: float) -> str:
    """3.14159 as `3.14`, 1234.5 as `1,234`."""
    return f"{value:,.0f}" if value >= 999.5 else f"{value:.3g}"


def say_share(value: float) -> str:
    """0.1234 as `12 %`; one decimal below 10 %."""
    percent = value * 100
    return f"{percent:.0f} %" if percent >= 10 or percent == 0 else f"{percent:.1f} %"


def say_ms(value: float) -> str:
    """1234.5 as `1.23 s`, 45.6 as `46 ms`; `–` when there was nothing to measure."""
    if value != value:
        return "–"
    return f"{value / 1000:.2f} s" if value >= 1000 else f"{value:.0f} ms"
