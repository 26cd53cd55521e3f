"""Moments on the command line: `--since 60s`, `--since 18:02:30`, `--since incident`."""

import re
import time
from collections.abc import Callable
from typing import Any

import click

from lab.core.errors import UsageError
from lab.core.quantities import seconds
from lab.core.window import NAMED

_CLOCK = re.compile(r"^(\d{1,2}):(\d{2})(?::(\d{2}))?$")
_UNIX = re.compile(r"^\d{9,}(\.\d+)?$")


def moment(option: str, text: str | None, now: float | None = None) -> str | None:
    """The moment as the console understands it: unix seconds, `-60s` (ago) or the name of a window."""
    if text is None:
        return None
    text = text.strip()
    if option == "--since" and text in NAMED:
        return text
    if text == "now":
        return "-0s"
    if _UNIX.match(text):
        return text
    if clock := _CLOCK.match(text):
        return _today(option, text, clock, now if now is not None else time.time())
    try:
        return f"-{seconds(text.removeprefix('-')):g}s"
    except ValueError:
        raise _not_a_moment(option, text) from None


def _today(option: str, text: str, clock: re.Match[str], now: float) -> str:
    hours, minutes, secs = int(clock[1]), int(clock[2]), int(clock[3] or 0)
    if hours > 23 or minutes > 59 or secs > 59:
        raise _not_a_moment(option, text)
    local = time.localtime(now)
    at = time.mktime((local.tm_year, local.tm_mon, local.tm_mday, hours, minutes, secs, 0, 0, -1))
    if at > now + 60:  # a minute of grace; beyond it the learner means yesterday
        at = time.mktime((local.tm_year, local.tm_mon, local.tm_mday - 1, hours, minutes, secs, 0, 0, -1))
    return f"{at:.0f}"


def _not_a_moment(option: str, text: str) -> UsageError:
    names = f", or a window: {', '.join(NAMED)}" if option == "--since" else ""
    return UsageError(
        f"{option} {text!r} is not a moment.",
        f"Write how long ago (60s, 5min), a time of day (18:02:30){names}.",
    )


def with_window(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options --since and --until."""
    since = click.option(
        "--since",
        metavar="MOMENT",
        help="60s or 5min (ago), 18:02:30, or a window: baseline, incident, load, all.",
    )
    until = click.option("--until", metavar="MOMENT", help="Where the window ends; now unless given.")
    return since(until(command))


def window(since: str | None, until: str | None) -> dict[str, str | None]:
    """The two as query parameters; UsageError when one is not a moment."""
    return {"since": moment("--since", since), "until": moment("--until", until)}


def length(option: str, text: str | None) -> float | None:
    """A duration option in seconds; UsageError when it is not one."""
    if text is None:
        return None
    try:
        value = seconds(text)
    except ValueError as error:
        raise UsageError(f"{option}: {error}.", f"For example {option} 5s.") from None
    if value <= 0:
        raise UsageError(f"{option} must be longer than nothing.", f"For example {option} 5s.")
    return value
