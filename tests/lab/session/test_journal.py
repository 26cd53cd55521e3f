"""The journal survives what crashes do to files."""

import errno
from collections.abc import Iterator
from io import FileIO
from pathlib import Path
from typing import Any

import pytest

from lab.core.clock import ManualClock
from lab.core.errors import Conflict, EnvironmentLacks, LabError
from lab.session.journal import FORMAT, Journal, append, read


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal(tmp_path / "s" / "journal.jsonl", ManualClock())
    journal.write("opened", format=FORMAT, scenario="x")
    yield journal
    journal.close()


def test_every_entry_is_on_disk_before_write_returns(journal: Journal) -> None:
    journal.write("noted", text="grüße")
    entries = read(journal.path)
    assert [entry.what for entry in entries] == ["opened", "noted"]
    assert entries[1].details == {"text": "grüße"}


def test_a_line_cut_off_by_a_crash_is_ignored(journal: Journal) -> None:
    journal.write("noted", text="whole")
    with journal.path.open("ab") as file:
        file.write(b'{"t": 1, "what": "not')
    assert [entry.what for entry in read(journal.path)] == ["opened", "noted"]


def test_after_such_a_line_the_next_entry_is_whole(journal: Journal) -> None:
    with journal.path.open("ab") as file:
        file.write(b'{"t": 1, "what": "not')
    again = Journal(journal.path, ManualClock())
    again.write("noted", text="whole")
    again.close()
    assert [entry.details for entry in read(journal.path)][1:] == [{"text": "whole"}]


def test_a_line_that_the_disk_takes_only_in_part_is_refused_whole(tmp_path: Path) -> None:
    class Filling(FileIO):
        """A file on a disk that has room for ten more bytes."""

        def write(self, line: Any) -> int:
            return super().write(line[:10])

    path = tmp_path / "journal.jsonl"
    path.write_bytes(b"first\n")
    with Filling(path, "ab") as file, pytest.raises(OSError) as caught:
        append(file, b"second, and much longer\n")
    assert caught.value.errno == errno.ENOSPC
    assert path.read_bytes() == b"first\n"


def test_what_comes_after_the_end_is_told_so(journal: Journal) -> None:
    journal.close()
    with pytest.raises(Conflict, match="has ended"):
        journal.write("answered", question="size", answer="57")


def test_a_journal_of_another_format_is_refused_with_a_remedy(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl", ManualClock())
    journal.write("opened", format=FORMAT + 1)
    journal.close()
    with pytest.raises(LabError, match="another version") as caught:
        read(journal.path)
    assert "mv " in caught.value.hint


def test_a_full_disk_is_one_sentence_and_a_remedy() -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    journal = Journal(Path("/dev/full"), ManualClock())
    with pytest.raises(EnvironmentLacks, match="No space left") as caught:
        journal.write("opened", format=FORMAT)
    journal.close()
    assert "Free disk space" in caught.value.hint
