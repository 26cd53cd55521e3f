"""Scenarios are listed as they are now, without reading again what has not changed."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from lab.scenario import shipped_dir
from lab.session import listing


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "mine"
    shutil.copytree(shipped_dir() / "rate-limit", folder / "our-outage")
    return folder


def row(folder: Path, cache: Path) -> dict[str, Any]:
    return next(one for one in listing.rows([folder], cache) if one["id"] == "our-outage")


def change(folder: Path, before: str, after: str) -> None:
    file = folder / "our-outage" / "scenario.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace(before, after, 1), encoding="utf-8")


def test_a_list_kept_says_what_reading_says(folder: Path, tmp_path: Path) -> None:
    first = listing.rows([folder], tmp_path / "cache")
    assert listing.rows([folder], tmp_path / "cache") == first == listing.rows([folder], None)


def test_what_has_not_changed_is_not_read_again(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listing.rows([folder], tmp_path / "cache")
    read: list[str] = []
    monkeypatch.setattr("lab.scenario.load.load", lambda path: read.append(path.name))
    listing.rows([folder], tmp_path / "cache")
    assert read == []


def test_a_changed_file_is_listed_anew(folder: Path, tmp_path: Path) -> None:
    before = row(folder, tmp_path / "cache")["title"]
    change(folder, before, "Our very own outage")
    assert row(folder, tmp_path / "cache")["title"] == "Our very own outage"


def test_a_mistake_is_told_until_it_is_mended(folder: Path, tmp_path: Path) -> None:
    change(folder, "minutes:", "minuts:")
    for _ in range(2):
        assert "minuts" in str(row(folder, tmp_path / "cache")["error"])
    change(folder, "minuts:", "minutes:")
    assert row(folder, tmp_path / "cache")["error"] is None


def test_a_cache_that_is_no_cache_does_no_harm(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    for junk in ("{", "[1]", '{"x": 1}'):
        (tmp_path / "cache" / "scenarios.json").write_text(junk, encoding="utf-8")
        assert row(folder, tmp_path / "cache")["error"] is None
    (tmp_path / "taken").write_text("a file, not a folder", encoding="utf-8")
    assert row(folder, tmp_path / "taken")["error"] is None
