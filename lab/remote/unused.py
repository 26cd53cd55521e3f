"""A lab that nobody uses: after how long it stops by itself, and what it leaves in its home for whoever comes back."""

import json
import math
import time
from collections.abc import Mapping
from pathlib import Path

from lab.core.errors import NothingRunning, UsageError
from lab.core.whole import write_whole
from lab.core.words import plural

SETTING, MINUTES = "LAB_IDLE_MINUTES", 120.0
REPEATED = "Lab-Repeated"
"""A header of requests that a program repeats by itself, as `lab logs --follow` does: nobody need be there."""
_FILE = "unused.json"


def limit_min(environment: Mapping[str, str]) -> float:
    """The minutes after which an unused lab stops, 0 for never; UsageError when the variable holds no such number."""
    text = environment.get(SETTING, "").strip()
    try:
        minutes = float(text) if text else MINUTES
    except ValueError:
        minutes = math.nan
    if not (math.isfinite(minutes) and minutes >= 0):
        raise UsageError(f"{SETTING} is {text!r}, which is no number of minutes.", "Give one, as in 90; 0 for never.")
    return minutes


def said(at_s: float, minutes: float) -> str:
    """`The lab stopped by itself at 14:05: nobody had used it for 2 hours.`"""
    at, today = time.localtime(at_s), time.localtime()
    day = "" if at[:3] == today[:3] else time.strftime("on %Y-%m-%d ", at)
    return f"The lab stopped by itself {day}at {time.strftime('%H:%M', at)}: nobody had used it for {_long(minutes)}."


def tell(home: Path, at_s: float, minutes: float, *, goes_on: bool) -> None:
    """Leave word for the next command, when a console stops by itself; `goes_on`: a session can be resumed."""
    write_whole(home / _FILE, json.dumps({"at": at_s, "minutes": minutes, "goes_on": goes_on}))


def forget(home: Path) -> None:
    """A lab runs here again."""
    (home / _FILE).unlink(missing_ok=True)


def told(home: Path) -> NothingRunning | None:
    """What became of the lab of this home and what to do next, if it stopped by itself and none was started since."""
    try:
        word = json.loads((home / _FILE).read_text(encoding="utf-8"))
        what = said(float(word["at"]), float(word["minutes"]))
        goes_on = word["goes_on"]
    except (OSError, ValueError, KeyError, TypeError, OverflowError):
        return None
    again = "`lab start` brings it back with the same scenario and your answers."
    return NothingRunning(what, again if goes_on else "Choose a scenario: `lab list`")


def _long(minutes: float) -> str:
    """`2 hours`, `1 hour`, `90 minutes`, `0.5 minutes`."""
    if minutes >= 60 and minutes % 60 == 0:
        return plural(round(minutes / 60), "hour")
    return plural(round(minutes), "minute") if minutes == round(minutes) else f"{minutes:g} minutes"
