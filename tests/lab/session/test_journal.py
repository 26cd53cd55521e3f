"""The journal survives what crashes do to files."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.core.clock import ManualClock
from lab.core.errors import EnvironmentLacks, LabError
from lab.session.journal import FORMAT, Journal, read


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
