"""What is carried between a home on this machine and the home in the console's container: progress, reports."""

import io
import json
import os
import tarfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from lab.containers.engine import Container, Engine

HOME = "/var/lib/faultlab"
"""LAB_HOME in the console's container."""
USER = 10001
PROGRESS = "progress.jsonl"


def take_along(engine: Engine, console: Container, home: Path) -> None:
    """Give the containers' lab the progress of this home, so that both count on."""
    progress = home / PROGRESS
    if not progress.is_file():
        return
    content = progress.read_bytes()
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        entry = tarfile.TarInfo(PROGRESS)
        entry.size, entry.mode, entry.uid, entry.gid = len(content), 0o600, USER, USER
        tar.addfile(entry, io.BytesIO(content))
    engine.put(console, HOME, packed.getvalue())


def bring_home(engine: Engine, console: Container, home: Path) -> list[Path]:
    """Bring reports, journals and load tests' files of the containers' lab to this home, and what progress is new.

    The folders of sessions that were brought, oldest first.
    """
    brought: dict[Path, float] = {}
    for path, content, changed_s in unpacked(engine.fetch(console, f"{HOME}/sessions")):
        if len(path.parts) < 3:
            continue
        target = home.joinpath(*path.parts)
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.suffix in (".json", ".md"):  # they name files beside them
            content = content.replace(HOME.encode(), str(home).encode())
        target.write_bytes(content)
        os.utime(target, (changed_s, changed_s))
        session = home / "sessions" / path.parts[1]
        brought[session] = max(changed_s, brought.get(session, 0.0))
    for _, content, _ in unpacked(engine.fetch(console, f"{HOME}/{PROGRESS}")):
        _add_progress(home / PROGRESS, content)
    return sorted(brought, key=lambda session: brought[session])


def unpacked(archive: bytes) -> Iterator[tuple[PurePosixPath, bytes, float]]:
    """Every plain file in the tar file: its path, its content, when it was changed. None leads outside."""
    if not archive:
        return
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        for entry in tar:
            path = PurePosixPath(entry.name)
            file = tar.extractfile(entry) if entry.isfile() else None
            if file is not None and not path.is_absolute() and ".." not in path.parts:
                yield path, file.read(), float(entry.mtime)


def _add_progress(progress: Path, content: bytes) -> None:
    known = set(progress.read_bytes().splitlines()) if progress.is_file() else set()
    new = [line for line in content.splitlines() if line not in known and _whole(line)]
    if new:
        progress.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with progress.open("ab") as file:
            file.write(b"".join(line + b"\n" for line in new))
            file.flush()
            os.fsync(file.fileno())


def _whole(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False
