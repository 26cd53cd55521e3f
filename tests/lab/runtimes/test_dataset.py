"""The shop's data is made by the shop's own program."""

import asyncio
import os
import sqlite3
import sys
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


async def test_what_a_killed_program_left_goes_and_what_another_makes_stays(tmp_path: Path) -> None:
    ended = await asyncio.create_subprocess_exec(sys.executable, "-c", "")
    await ended.wait()
    left, made = tmp_path / f".orders-9-ab.db.{ended.pid}.tmp", tmp_path / f".orders-9-ab.db.{os.getpid()}.tmp"
    left.touch()
    made.touch()
    await dataset.prepare(service_files()["orders"], 100, tmp_path, tmp_path / "shop.sqlite")
    assert not left.exists()
    assert made.exists()
