"""The journal: an append-only record of one session, enough to take changes back and to keep answers after a crash.

One JSON object a line. The first is `{"what": "opened", "format": 1, …}`. A change is written (`remembered`, with what
is needed to take it back) *before* the system is touched. Lines cut off by a crash are ignored.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.core.clock import Clock
from lab.core.errors import EnvironmentLacks, LabError

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: when (unix seconds), what happened, and its details."""

    time_s: float
    what: str
    details: dict[str, Any]


class Journal:
    """Writes one session's journal; every entry is on disk before `write` returns."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self.path = path
        self._clock = clock
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # unbuffered: what the disk refused must not be tried again when the file is closed
        self._file = path.open("ab", buffering=0)

    def write(self, what: str, **details: Any) -> Entry:
        """Append one entry; EnvironmentLacks when the disk does not take it."""
        entry = Entry(self._clock.now(), what, details)
        line = json.dumps({"t": round(entry.time_s, 3), "what": what, **details}, ensure_ascii=False)
        try:
            self._file.write(line.encode() + b"\n")
            os.fsync(self._file.fileno())
        except OSError as error:
            raise EnvironmentLacks(
                f"The session's journal could not be written: {error.strerror}.",
                f"Free disk space at {self.path.parent}, then repeat what you did.",
            ) from None
        return entry

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def read(path: Path) -> list[Entry]:
    """All whole entries; LabError when the file is not a journal this version understands."""
    entries = []
    for line in path.read_bytes().splitlines():
        try:
            written = json.loads(line)
            entries.append(Entry(float(written.pop("t")), str(written.pop("what")), written))
        except (ValueError, KeyError, TypeError, AttributeError):
            continue
    if not entries or entries[0].what != "opened":
        raise LabError(f"{path} is not a session journal.", f"Move it away: mv {path.parent} {path.parent}.broken")
    found = entries[0].details.get("format")
    if found != FORMAT:
        raise LabError(
            f"The session in {path.parent} was written by another version (journal format {found}).",
            f"Finish it with that version, or move it away: mv {path.parent} {path.parent}.old",
        )
    return entries
