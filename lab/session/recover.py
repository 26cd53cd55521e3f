"""After a crash: what the last session left behind, made good, and what of it can be resumed."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.core.clock import Clock
from lab.core.errors import LabError
from lab.session.applied import outstanding
from lab.session.home import Home
from lab.session.journal import Entry, Journal, read


@dataclass(frozen=True)
class Unfinished:
    """A session that ended with its console; its answers can be carried on."""

    folder: Path
    scenario: str
    path: str
    seed: int
    windows: str
    entries: tuple[Entry, ...]


def sweep(home: Home, clock: Clock) -> Unfinished | None:
    """Close every session that has no end, remove files of dead runs; the newest such session is returned.

    Call it only while holding the home's lock. In the embedded runtime the system died with the console, so its
    changes are gone: that is what the journal then records.
    """
    newest: Unfinished | None = None
    folders = sorted(home.sessions.glob("*/journal.jsonl"), key=lambda path: path.stat().st_mtime)
    for path in folders:
        try:
            entries = read(path)
        except LabError:
            continue
        if any(entry.what == "closed" for entry in entries):
            continue
        opened = entries[0].details
        journal = Journal(path, clock)
        for number, _change, _token in outstanding(entries):
            journal.write("reverted", number=number, because="the system ended with the console")
        journal.write("closed", how="crashed")
        journal.close()
        newest = Unfinished(
            path.parent, opened["scenario"], opened["path"], opened["seed"], opened["windows"], tuple(entries)
        )
    if home.runs.is_dir():
        for leftover in home.runs.iterdir():
            shutil.rmtree(leftover, ignore_errors=True)
    return newest


def carry_over(unfinished: Unfinished, journal: Journal) -> list[Entry]:
    """Write what the learner had earned into a new session's journal; returns the new entries."""
    kept = ("answered", "revealed", "hinted", "fixed", "loaded")
    carried: list[Entry] = []
    for entry in unfinished.entries:
        if entry.what in kept:
            carried.append(journal.write(entry.what, **entry.details))
    return carried


def last_report(home: Home) -> dict[str, Any] | None:
    """The report of the newest session that has one."""
    reports = sorted(home.sessions.glob("*/report.json"), key=lambda path: path.stat().st_mtime)
    return dict(json.loads(reports[-1].read_text(encoding="utf-8"))) if reports else None
