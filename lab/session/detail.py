"""One service or edge in detail: its numbers over a window, what stands out, and how they moved."""

import math
from typing import Any

from lab.core.window import Window
from lab.session.marks import marks
from lab.session.overview import red_of
from lab.session.session import Session
from lab.telemetry import Scope, as_json

MEASURES = ("rate", "error_share", "p50", "p95", "p99", "status:429")
POINTS = 60
MOST_POINTS = 120
NICE_STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600)
ARRIVES_WITHIN_S = 1.5
"""What happened just now is still on its way; a step that is not complete would look like a drop."""


def detail(
    session: Session, scope: Scope, window: Window, step_s: float | None = None, over: Window | None = None
) -> dict[str, Any]:
    """Numbers of `window`, compared with the baseline, and series over the same window or `over` another one."""
    telemetry = session.telemetry
    over = over or window
    every = max(step_s or max(1.0, round(over.seconds / 30)), over.seconds / MOST_POINTS)
    return {
        "window": [window.start_s, window.end_s],
        "scope": {"service": scope.service, "edge": scope.edge, "route": scope.route},
        "routes": telemetry.routes(scope),
        **red_of(session, scope, window),
        "step_s": every,
        "series": {
            measure: [[point.time_s, point.value] for point in found]
            for measure, found in telemetry.several_series(scope, MEASURES, over, every).items()
        },
        "marks": marks(session, over),
    }


def heatmap(session: Session, scope: Scope, window: Window, step_s: float | None = None) -> dict[str, Any]:
    """How many requests of each step took how long."""
    step = max(step_s or nice_step(window.seconds), window.seconds / MOST_POINTS)
    found: dict[str, Any] = as_json(session.telemetry.heatmap(scope, window, step))
    return {"window": [window.start_s, window.end_s], **found}


def orders(session: Session, window: Window, step_s: float | None = None) -> dict[str, Any]:
    """Attempts, paid and lost orders of each step."""
    step = max(step_s or nice_step(window.seconds), window.seconds / MOST_POINTS)
    steps = session.telemetry.orders_over_time(window, step)
    return {
        "window": [window.start_s, window.end_s],
        "step_s": step,
        "steps": [as_json(one) for one in steps],
        "marks": marks(session, window),
    }


def log_histogram(session: Session, query: str, window: Window, step_s: float | None = None) -> dict[str, Any]:
    """How many matching records each step had."""
    step = max(step_s or nice_step(window.seconds), window.seconds / MOST_POINTS)
    points = session.telemetry.log_histogram(query, window, step) if window.seconds else []
    return {
        "window": [window.start_s, window.end_s],
        "step_s": step,
        "points": [[point.time_s, int(point.value or 0)] for point in points],
    }


def nice_step(seconds: float, points: int = POINTS) -> float:
    """The shortest step of a round length that needs at most so many points, however long the time is."""
    longest = NICE_STEPS_S[-1]
    fits = (step for step in NICE_STEPS_S if seconds / step <= points)
    return float(next(fits, longest * math.ceil(seconds / points / longest)))


def whole_steps(window: Window, step_s: float, now_s: float) -> Window:
    """The window's complete steps, at round moments, so that a picture of it does not shift with every look."""
    end = min(window.end_s, now_s - ARRIVES_WITHIN_S)
    start = math.floor(window.start_s / step_s) * step_s
    return Window(start, max(start + step_s, math.floor(end / step_s) * step_s))
