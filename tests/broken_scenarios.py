"""Copies of a sound scenario in which one thing is made wrong."""

import shutil
from pathlib import Path

from lab.scenario import shipped_dir


def copy(into: Path, of: str = "rate-limit", name: str = "my-lesson") -> Path:
    """A folder of one's own with everything of a shipped scenario."""
    folder = into / name
    shutil.copytree(shipped_dir() / of, folder)
    return folder


def mend(folder: Path, old: str, new: str, file: str = "scenario.yaml") -> None:
    """Replace a text that must be there, once."""
    source = folder / file
    text = source.read_text(encoding="utf-8")
    assert old in text, old
    source.write_text(text.replace(old, new, 1), encoding="utf-8")


def place_of(folder: Path, text: str, file: str = "scenario.yaml") -> tuple[int, int]:
    """Line and column, counted from 1, where a text begins."""
    for number, line in enumerate((folder / file).read_text(encoding="utf-8").splitlines(), 1):
        if text in line:
            return number, line.index(text) + 1
    raise AssertionError(text)
