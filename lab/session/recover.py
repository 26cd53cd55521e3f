"""After a crash: what the last session left behind, made good, and what of it can be resumed."""

import contextlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.core.clock import Clock
from lab.core.errors import LabError
from lab.session.applied import in_force
from lab.session.home import Home
from lab.session.journal import Entry, Journal, read, set_aside
from lab.session.ledger import Ledger
from lab.session.states import LIVE

NEEDED = {"scenario": str, "path": str, "seed": int, "windows": str}
"""What a journal's first entry must say for its session to be resumed."""
CRASHED = "crashed"
"""How a session ended that can be resumed."""


@dataclass(frozen=True)
class Unfinished:
    """A session that ended with its console; its answers can be carried on."""

    folder: Path
    scenario: str
    path: str
    seed: int
    windows: str
    entries: tuple[Entry, ...]
    resumes: str | None = None
    """The session in which this run began, when that was an earlier one."""

    @property
    def run(self) -> str:
        """The session in which this run began."""
        return self.resumes or self.folder.name


@dataclass(frozen=True)
class _Past:
    """An earlier session: when it began, and what can be resumed if it was interrupted."""

    began_s: float
    opened: bool
    """Whether it was ever open to the learner."""
    whole: bool
    """Whether it has all of what it went on with."""
    left: Unfinished | None


@dataclass(frozen=True)
class Swept:
    """What was found: the session that can be resumed, and those that nobody can make good."""

    unfinished: Unfinished | None
    left_alone: tuple[LabError, ...] = ()


def sweep(home: Home, clock: Clock) -> Swept:
    """Close every session that has no end, remove files of dead runs.

    Call it only while holding the home's lock. In the embedded runtime the system died with the console, so its
    changes are gone: that is what the journal then records. It can be resumed all the same, by this console or a later
    one, until a session is open again. A journal that cannot be read is left as it is; nothing that is in these files
    may keep a lab from starting.
    """
    past: list[_Past] = []
    left_alone: list[LabError] = []
    for path in sorted(home.sessions.glob("*/journal.jsonl"), key=_age):
        try:
            past.append(_close(path, clock))
        except OSError as error:
            left_alone.append(LabError(f"{path} cannot be written: {error.strerror}.", "Give yourself the right to."))
        except LabError as error:
            if not _closed(path):
                left_alone.append(error)
    with contextlib.suppress(OSError):
        for leftover in home.runs.iterdir():
            shutil.rmtree(leftover, ignore_errors=True)
    return Swept(_to_go_on_with(past), tuple(left_alone))


def _to_go_on_with(past: list[_Past]) -> Unfinished | None:
    """What was open last, unless it was ended; or what was begun since, and interrupted before it was open.

    One that was ended before it was open, by a start that failed, leaves everything to the one before it.
    """
    found: Unfinished | None = None
    for one in sorted(past, key=lambda one: one.began_s):
        if one.opened or (one.left is not None and one.whole):
            found = one.left
    return found


def _age(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _close(path: Path, clock: Clock) -> _Past:
    """Give the journal an end, if it has none."""
    entries = read(path)
    ends = [entry.details.get("how") for entry in entries if entry.what == "closed"]
    began_s, first = entries[0].time_s, entries[0].details
    resumes = first["resumes"] if isinstance(first.get("resumes"), str) else None
    opened = any(entry.what == "state" and str(entry.details.get("state")) in LIVE for entry in entries)
    whole = resumes is None or any(entry.what == "carried" for entry in entries)
    if any(how != CRASHED for how in ends):
        return _Past(began_s, opened, whole, None)
    if not all(isinstance(first.get(name), kind) for name, kind in NEEDED.items()):
        raise LabError(f"The session's journal {path} is damaged at its beginning.", set_aside(path))
    if not ends:
        _write_end(path, entries, clock)
    left = Unfinished(
        path.parent,
        first["scenario"],
        first["path"],
        first["seed"],
        first["windows"],
        tuple(entries),
        resumes,
    )
    return _Past(began_s, opened, whole, left)


def _write_end(path: Path, entries: list[Entry], clock: Clock) -> None:
    journal = Journal(path, clock)
    try:
        for number in in_force(entries):
            journal.write("reverted", number=number, because="the system ended with the console")
        journal.write("closed", how=CRASHED)
    finally:
        journal.close()


def _closed(path: Path) -> bool:
    """Whether a journal of any format says that its session has ended, so that nothing is left to be made good."""
    try:
        return b'"what": "closed"' in path.read_bytes()
    except OSError:
        return False


def carry_over(unfinished: Unfinished, journal: Journal) -> list[Entry]:
    """Write what the learner had earned into a new session's journal; returns the new entries."""
    kept = ("ticked", "answered", "revealed", "hinted", "fixed", "loaded")
    carried: list[Entry] = []
    for entry in unfinished.entries:
        if entry.what in kept and _whole(entry):
            carried.append(journal.write(entry.what, **entry.details))
    journal.write("carried", session=unfinished.folder.name)
    return carried


def _whole(entry: Entry) -> bool:
    """Whether the ledger can make sense of it; what a disk or an editor has damaged is left behind."""
    try:
        Ledger().take(entry)
    except (KeyError, TypeError, ValueError, AttributeError):
        return False
    return not entry.details.keys() & {"t", "what"}


def last_report(home: Home) -> dict[str, Any] | None:
    """The newest report that can be read."""
    for path in sorted(home.sessions.glob("*/report.json"), key=_age, reverse=True):
        with contextlib.suppress(OSError, ValueError):
            report = json.loads(path.read_text(encoding="utf-8"))
            if isinstance(report, dict) and isinstance(report.get("markdown"), str):
                return report
    return None
