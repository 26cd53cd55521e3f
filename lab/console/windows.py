"""Spans of time as queries name them: `-60s`, unix seconds, or a part of the run."""

import math
from typing import Annotated

from fastapi import Query

from lab.core.errors import Conflict, UsageError
from lab.core.quantities import seconds
from lab.core.window import NAMED, Window
from lab.questions.measured import LATELY_S
from lab.session.overview import lately
from lab.session.session import Session
from lab.telemetry.times import whole_ms

Since = Annotated[str | None, Query(description="Unix seconds, `-60s`, or all, baseline, incident, load")]
Until = Annotated[str | None, Query(description="Unix seconds or `-30s`")]


def window_of(session: Session, since: str | None, until: str | None, default: str = "all") -> Window:
    """The window two query parameters mean, in whole milliseconds, as records are counted: what is said of it holds.

    UsageError when they are not times, Conflict when it does not exist yet.
    """
    return _counted(_asked(session, since, until, default))


def _asked(session: Session, since: str | None, until: str | None, default: str) -> Window:
    name = since if since in NAMED else (default if since is None else None)
    if name is not None:
        window = session.window(name)
        if window is None:
            raise Conflict(f"This run has no window '{name}' yet.", "See where it stands: `lab status`")
        if until is None:
            return window
        start, end = window.start_s, _moment(session, until)
    else:
        start = _moment(session, since or "")
        end = _moment(session, until) if until is not None else session.clock.now()
    if end <= start:
        raise UsageError("The window ends before it begins.", "Give a `since` that is earlier than `until`.")
    return Window(start, end)


def window_or_lately(session: Session, since: str | None, until: str | None, seconds: float = LATELY_S) -> Window:
    """The window asked for; without one the last seconds of the run."""
    if since or until:
        return window_of(session, since, until)
    return _counted(lately(session, seconds))


def _counted(window: Window) -> Window:
    return Window(whole_ms(window.start_s) / 1000, whole_ms(window.end_s) / 1000)


def _moment(session: Session, text: str) -> float:
    try:
        if text.startswith("-"):
            return session.clock.now() - seconds(text[1:])
        moment = float(text)
        if math.isfinite(moment):
            return moment
    except ValueError:
        pass
    raise UsageError(f"{text!r} is not a moment.", f"Write -60s, a unix time, or one of {', '.join(NAMED)}.")
