"""Spans of time as queries name them: `-60s`, unix seconds, or a part of the run."""

import math
from typing import Annotated

from fastapi import Query

from lab.core.errors import Conflict, UsageError
from lab.core.quantities import seconds
from lab.core.window import NAMED, Window
from lab.session.overview import LATELY_S, lately
from lab.session.session import Session

Since = Annotated[str | None, Query(description="Unix seconds, `-60s`, or all, baseline, incident, load")]
Until = Annotated[str | None, Query(description="Unix seconds or `-30s`")]


def window_of(session: Session, since: str | None, until: str | None, default: str = "all") -> Window:
    """The window two query parameters mean; UsageError when they are not times, Conflict when it does not exist yet."""
    name = since if since in NAMED else (default if since is None else None)
    if name is not None:
        window = session.window(name)
        if window is None:
            raise Conflict(f"This run has no window '{name}' yet.", "See where it stands: `lab status`")
        if until is None:
            return window
        return Window(window.start_s, _moment(session, until))
    start = _moment(session, since or "")
    end = _moment(session, until) if until is not None else session.clock.now()
    if end <= start:
        raise UsageError("The window ends before it begins.", "Give a `since` that is earlier than `until`.")
    return Window(start, end)


def window_or_lately(session: Session, since: str | None, until: str | None, seconds: float = LATELY_S) -> Window:
    """The window asked for; without one the last seconds of the run."""
    return window_of(session, since, until) if since or until else lately(session, seconds)


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
