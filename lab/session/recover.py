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

NEEDED = {"scenario": str, "path": str, "seed": int, "windows": str}
"""What a journal's first entry must say for its session to be resumed."""


@dataclass(frozen=True)
class Unfinished:
    """A session that ended with its console; its answers can be carried on."""

    folder: Path
    scenario: str
    path: str
    seed: int
    windows: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Swept:
    """What was found: the newest session that can be resumed, and those that nobody can make good."""

    unfinished: Unfinished | None
    left_alone: tuple[LabError, ...] = ()


def sweep(home: Home, clock: Clock) -> Swept:
    """Close every session that has no end, remove files of dead runs.

    Call it only while holding the home's lock. In the embedded runtime the system died with the console, so its
    changes are gone: that is what the journal then records. A journal that cannot be read is left as it is; nothing
    that is in these files may keep a lab from starting.
    """
    newest: Unfinished | None = None
    left_alone: list[LabError] = []
    for path in sorted(home.sessions.glob("*/journal.jsonl"), key=_age):
        try:
            newest = _close(path, clock) or newest
        except OSError as error:
            left_alone.append(LabError(f"{path} cannot be written: {error.strerror}.", "Give yourself the right to."))
        except LabError as error:
            if not _closed(path):
                left_alone.append(error)
    with contextlib.suppress(OSError):
        for leftover in home.runs.iterdir():
            shutil.rmtree(leftover, ignore_errors=True)
    return Swept(newest, tuple(left_alone))


def _age(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _close(path: Path, clock: Clock) -> Unfinished | None:
    """Give the journal an end; None when it had one."""
    entries = read(path)
    if any(entry.what == "closed" for entry in entries):
        return None
    opened = entries[0].details
    if not all(isinstance(opened.get(name), kind) for name, kind in NEEDED.items()):
        raise LabError(f"The session's journal {path} is damaged at its beginning.", set_aside(path))
    journal = Journal(path, clock)
    try:
        for number in in_force(entries):
            journal.write("reverted", number=number, because="the system ended with the console")
        journal.write("closed", how="crashed")
    finally:
        journal.close()
    return Unfinished(
        path.parent, opened["scenario"], opened["path"], opened["seed"], opened["windows"], tuple(entries)
    )


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
