"""Unix seconds to whole microseconds and milliseconds, the same way for records and for windows."""

from lab.core.errors import UsageError
from lab.core.window import Window

FOREVER_MS = 1 << 53
_MOST_STEPS = 1000


def whole_us(time_s: float) -> int:
    """Nearest microsecond."""
    return round(time_s * 1e6)


def whole_ms(time_s: float) -> int:
    """The millisecond that the moment lies in."""
    return whole_us(time_s) // 1000


def milliseconds_of(window: Window | None) -> tuple[int, int]:
    """A window in whole unix milliseconds; None is all of time."""
    return (0, FOREVER_MS) if window is None else (whole_ms(window.start_s), whole_ms(window.end_s))


def steps(window: Window, step_s: float) -> list[tuple[int, int]]:
    """The window cut into steps of whole milliseconds, the last one maybe shorter; UsageError for too many."""
    start_ms, end_ms = milliseconds_of(window)
    step_ms = round(step_s * 1000)
    if step_ms < 1:
        raise UsageError(f"A step of {step_s:g} s is too small.", "Give a step of at least 0.001 s.")
    if (end_ms - start_ms) / step_ms > _MOST_STEPS:
        raise UsageError(
            f"The window has {(end_ms - start_ms) // step_ms} steps of {step_s:g} s; {_MOST_STEPS} is the most.",
            "Give a longer step or a shorter window.",
        )
    return [(at, min(at + step_ms, end_ms)) for at in range(start_ms, end_ms, step_ms)]
