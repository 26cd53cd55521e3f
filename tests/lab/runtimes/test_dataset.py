"""The shop's data is made by the shop's own program."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from lab.runtimes import dataset
from lab.runtimes.service_files import service_files


async def test_a_folder_with_the_services_name_does_not_take_their_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "services").mkdir()
    (tmp_path / "services" / "__init__.py").write_text("raise SystemExit('another program')", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    await dataset.prepare(service_files()["orders"], 100, tmp_path / "cache", tmp_path / "shop.db")
    with closing(sqlite3.connect(tmp_path / "shop.db")) as db:
        assert db.execute("SELECT count(*) FROM orders").fetchone() == (100,)
