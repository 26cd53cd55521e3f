"""The journal: an append-only record of one session, enough to take changes back and to keep answers after a crash.

One JSON object a line. The first is `{"what": "opened", "format": 1, …}`. A change is written (`remembered`, with what
is needed to take it back) *before* the system is touched. Lines cut off by a crash are ignored.
"""

import contextlib
import errno
import json
import os
import shlex
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Any

from lab.core.clock import Clock
from lab.core.errors import Conflict, EnvironmentLacks, LabError

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
        if not _whole_lines(path):
            self._file.write(b"\n")  # a crash cut its last line off: that one is lost, and not the next as well

    def write(self, what: str, **details: Any) -> Entry:
        """Append one entry; EnvironmentLacks when the disk does not take it, Conflict once the session has ended."""
        if self._file.closed:
            raise Conflict("This session has ended meanwhile.", "Begin again: `lab start`")
        entry = Entry(self._clock.now(), what, details)
        line = json.dumps({"t": round(entry.time_s, 3), "what": what, **details}, ensure_ascii=False).encode() + b"\n"
        try:
            append(self._file, line)
        except OSError as error:
            raise EnvironmentLacks(
                f"The session's journal could not be written: {error.strerror}.",
                f"Free disk space at {self.path.parent}, then repeat what you did.",
            ) from None
        return entry

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def append(file: FileIO, line: bytes) -> None:
    """Append a line to a file opened unbuffered, and have it on disk: all of it or nothing, and then OSError."""
    before = os.fstat(file.fileno()).st_size
    try:
        if file.write(line) != len(line):  # a disk that fills up takes a part, and says so by the number alone
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.fsync(file.fileno())
    except OSError:
        with contextlib.suppress(OSError):
            file.truncate(before)
        raise


def _whole_lines(path: Path) -> bool:
    with path.open("rb") as file:
        if file.seek(0, os.SEEK_END) == 0:
            return True
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"


def read(path: Path) -> list[Entry]:
    """All whole entries; LabError with a remedy when the file is not a journal that this version understands."""
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise LabError(f"The session's journal {path} cannot be read: {error.strerror}.", set_aside(path)) from None
    entries = []
    for line in lines:
        try:
            written = json.loads(line)
            entries.append(Entry(float(written.pop("t")), str(written.pop("what")), written))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            continue
    opened = entries[0].details if entries and entries[0].what == "opened" else None
    if opened is None:
        raise LabError(f"{path} is not a session's journal.", set_aside(path))
    found = opened.get("format")
    if found != FORMAT:
        raise LabError(
            f"The session in {path.parent} was written by another version of the lab (journal format {found}).",
            f"Finish it with that version. {set_aside(path)}",
        )
    return entries


def set_aside(path: Path) -> str:
    """What to do about a journal that this version can do nothing with."""
    session = path.parent
    words = (str(session), str(session.parent.parent / f"{session.name}.old"))
    return f"If you do not need it, set it aside: `mv {' '.join(shlex.quote(word) for word in words)}`"
