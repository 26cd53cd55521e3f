"""Reports and progress travel between a home and the containers' home; nothing else does, and nothing gets lost."""

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from lab.containers import luggage
from lab.containers.engine import Container

CONSOLE = Container("1", "lab", "x", "running", "", ())
OLD, NEW = b'{"session": "a", "share": 0.5}', b'{"session": "b", "share": 0.9}'


def packed(*files: tuple[str, bytes], kind: bytes = tarfile.REGTYPE) -> bytes:
    """A tar file as the engine gives it."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for name, content in files:
            entry = tarfile.TarInfo(name)
            entry.size, entry.mtime, entry.type = len(content), 1_700_000_000, kind
            tar.addfile(entry, io.BytesIO(content))
    return archive.getvalue()


class FakeEngine:
    """Has these folders in its container."""

    def __init__(self, **folders: bytes) -> None:
        self.folders = folders
        self.given: list[tuple[str, bytes]] = []

    def fetch(self, container: Container, path: str) -> bytes:
        return self.folders.get(path.rpartition("/")[2].partition(".")[0], b"")

    def put(self, container: Container, path: str, archive: bytes) -> None:
        self.given.append((path, archive))


def bring(home: Path, engine: Any) -> list[Path]:
    return luggage.bring_home(engine, CONSOLE, home)


def test_reports_come_home_and_name_files_that_are_there(tmp_path: Path) -> None:
    report = json.dumps({"files": {"html": "/var/lib/faultlab/sessions/s1/load-1/report.html"}}).encode()
    files = (("sessions/s1/report.json", report), ("sessions/s1/load-1/report.html", b"<html>/var/lib/faultlab"))
    assert bring(tmp_path, FakeEngine(sessions=packed(*files))) == [tmp_path / "sessions" / "s1"]
    told = json.loads((tmp_path / "sessions/s1/report.json").read_bytes())
    assert Path(told["files"]["html"]).read_bytes() == b"<html>/var/lib/faultlab"
    assert (tmp_path / "sessions/s1/report.json").stat().st_mtime == 1_700_000_000


def test_progress_is_added_to_what_was_there_and_never_twice(tmp_path: Path) -> None:
    (tmp_path / "progress.jsonl").write_bytes(OLD + b"\n")
    engine = FakeEngine(progress=packed(("progress.jsonl", OLD + b"\n" + NEW + b"\ncut o")))
    for _ in range(2):
        bring(tmp_path, engine)
    assert (tmp_path / "progress.jsonl").read_bytes() == OLD + b"\n" + NEW + b"\n"


def test_nothing_there_changes_nothing_here(tmp_path: Path) -> None:
    assert bring(tmp_path / "home", FakeEngine()) == []
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("name", ["sessions/../../evil", "/sessions/s1/evil", "sessions/s1/../../../evil", "evil"])
def test_nothing_is_written_outside_the_home(tmp_path: Path, name: str) -> None:
    home = tmp_path / "a" / "home"
    bring(home, FakeEngine(sessions=packed((name, b"x"))))
    assert [path for path in tmp_path.rglob("*evil*") if home not in path.parents] == []


def test_links_are_left_out(tmp_path: Path) -> None:
    assert bring(tmp_path, FakeEngine(sessions=packed(("sessions/s1/report.md", b""), kind=tarfile.SYMTYPE))) == []


def test_progress_is_taken_along_readable_by_the_lab_alone(tmp_path: Path) -> None:
    engine = FakeEngine()
    luggage.take_along(engine, CONSOLE, tmp_path)  # type: ignore[arg-type]
    assert engine.given == []
    (tmp_path / "progress.jsonl").write_bytes(OLD + b"\n")
    luggage.take_along(engine, CONSOLE, tmp_path)  # type: ignore[arg-type]
    ((path, archive),) = engine.given
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        (entry,) = tar
        assert (path, entry.name, entry.mode, entry.uid) == ("/var/lib/faultlab", "progress.jsonl", 0o600, 10001)
        file = tar.extractfile(entry)
        assert file is not None
        assert file.read() == OLD + b"\n"
