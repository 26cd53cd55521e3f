"""The stretch of the run a number is read over: what the learner cited, else all of the window or the last part."""

from typing import Literal

from lab.core.errors import UsageError
from lab.core.window import Window
from lab.questions.run import Run

WindowName = Literal["baseline", "incident", "load"]
LATEST_S = 60.0
LATELY_S = 30.0
"""What the first page and `lab metrics` show."""
SHORTEST_S = 5.0


def windows_for(run: Run, name: WindowName) -> list[Window]:
    """The windows an answer may have been read over, the whole first; UsageError when the cited one is of no use."""
    whole = run.window(name)
    cited = run.windows.get("cited")
    if cited is not None:
        inside = cited.overlap(whole)
        if inside.seconds < 0.5 * cited.seconds or not cited.seconds:
            raise UsageError(
                f"The window you cite lies mostly outside the {name}.", f"Cite one inside it, or none: {said(whole)}."
            )
        if inside.seconds < min(SHORTEST_S, whole.seconds):
            raise UsageError(
                f"The window you cite is {cited.seconds:.0f} s long: too short to mean anything.",
                f"Cite at least {SHORTEST_S:.0f} s.",
            )
        return [inside]
    return list(dict.fromkeys([whole, latest(whole), latest(whole, LATELY_S)]))


def latest(whole: Window, seconds: float = LATEST_S) -> Window:
    """Its last minute, or all of it."""
    return Window(max(whole.start_s, whole.end_s - seconds), whole.end_s)


def said(window: Window) -> str:
    """A window as `lab metrics --since … --until …` takes it."""
    return f"--since {window.start_s:.0f} --until {window.end_s:.0f}"
