"""How figures, moments and states are said to a person."""

import math
import time
from collections.abc import Sequence
from typing import Any

from lab.core.quantities import say_ms, say_share

PERCENTILES = "p50: half of the requests were faster. p95: 19 of 20 were faster. p99: 99 of 100 were faster."


def clock(unix_s: float | None) -> str:
    """The moment as local HH:MM:SS."""
    return "–" if unix_s is None else time.strftime("%H:%M:%S", time.localtime(unix_s))


def utc_offset_s(unix_s: float | None = None) -> int:
    """How far local clocks are ahead of UTC at a moment, now unless said otherwise."""
    return time.localtime(unix_s).tm_gmtoff


def when(unix_s: float, now: float | None = None) -> str:
    """The moment as HH:MM:SS today, with the day of the week this week, else with the date."""
    at, today = time.localtime(unix_s), time.localtime(now)
    if at[:3] == today[:3]:
        return clock(unix_s)
    days = (time.mktime(today) - unix_s) / 86_400
    return time.strftime("%a %H:%M" if 0 <= days < 6 else "%Y-%m-%d %H:%M", at)


def day(unix_s: float | None) -> str:
    """The moment as a local date and time."""
    return "–" if unix_s is None else time.strftime("%Y-%m-%d %H:%M", time.localtime(unix_s))


def span(window: Any) -> str:
    """A window as `18:01:30 to 18:02:30 (60 s)`; an open end is now."""
    start, end = window
    if end is None:
        return f"{clock(start)} until now"
    return f"{clock(start)} to {clock(end)} ({duration(end - start)})"


def duration(seconds: float) -> str:
    """`4.2 s`, `45 s`, `3 min 5 s`, `2 h 10 min`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 120:
        return f"{whole} s"
    if whole < 7200:
        return f"{whole // 60} min {whole % 60} s" if whole % 60 else f"{whole // 60} min"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def _known(value: Any) -> bool:
    return isinstance(value, int | float) and not math.isnan(value)


def ms(value: Any) -> str:
    """Milliseconds as `<1 ms`, `46 ms` or `1.23 s`; `–` when nothing was measured."""
    if _known(value) and 0 < value < 0.5:
        return "<1 ms"
    return say_ms(float(value)) if _known(value) else "–"


def share(value: Any) -> str:
    """0 to 1 as `12 %`."""
    return say_share(float(value)) if _known(value) else "–"


def rate(value: Any) -> str:
    """Per second, as `16.2/s`."""
    return f"{value:.1f}/s" if _known(value) else "–"


def count(value: Any) -> str:
    """A count with thousands set apart by a thin gap."""
    return f"{value:,.0f}".replace(",", " ") if _known(value) else "–"


def money(amount: Any) -> str:
    """Whole euros as `1 234 EUR`."""
    return f"{count(amount)} EUR" if _known(amount) else "–"


def plural(number: int, noun: str) -> str:
    """`1 record`, `2 records`, `2 queries`."""
    if number == 1:
        return f"1 {noun}"
    return f"{count(number)} {noun[:-1]}ies" if noun.endswith("ry") else f"{count(number)} {noun}s"


def said(answer: Any) -> str:
    """An answer as one line."""
    if isinstance(answer, list):
        return ", ".join(map(str, answer))
    return "–" if answer is None else " ".join(str(answer).split())


def points(number: Any) -> str:
    """`3 points`, `1 point`, `2.5 points`."""
    return "1 point" if number == 1 else f"{number:g} points"


def sentence(text: str) -> str:
    """The text with a full stop."""
    text = text.strip()
    return text if text.endswith((".", "!", "?")) else f"{text}."


def plain(text: str) -> str:
    """The text without its full stop."""
    return text.strip().rstrip(".")


def joined(parts: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else list(parts))
