"""Consoles forked from one that is warm behave like those that were started plainly."""

import asyncio
import os
import signal
import subprocess
from pathlib import Path

import psutil
import pytest

from lab.core.errors import EnvironmentLacks
from lab.proof.consoles import Start, warm_consoles
from lab.remote import spawn
from lab.remote.client import Console

pytestmark = pytest.mark.e2e


@pytest.fixture(autouse=True)
def _homes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()


async def _opened(start: Start, home: Path) -> tuple[spawn.Running, Console]:
    process = await start(home)
    return process, await asyncio.to_thread(spawn.ready, process, home)


@pytest.mark.parametrize("fork", [True, False], ids=["forked", "plain"])
async def test_each_home_has_a_console_of_its_own_and_none_is_left(
    fork: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB_NO_FORK", "0" if fork else "1")
    async with warm_consoles() as start:
        opened = [await _opened(start, tmp_path / name) for name in ("one", "two")]
        assert len({console.url for _, console in opened}) == 2
        shown = [psutil.Process(process.pid).cmdline() for process, _ in opened]
        assert all(words[0] == "console" if fork else spawn.MODULE in words for words in shown)
        for (process, _), name in zip(opened, ("one", "two"), strict=True):
            await asyncio.to_thread(spawn.end, tmp_path / name, process)
            assert process.poll() == 0
    assert not [process.pid for process, _ in opened if psutil.pid_exists(process.pid)]


async def test_the_second_one_imports_nothing(tmp_path: Path) -> None:
    async with warm_consoles() as start:
        await _opened(start, tmp_path / "one")
        process, _ = await _opened(start, tmp_path / "two")
        spent = psutil.Process(process.pid).cpu_times()
    # plain: above one second on any machine of these days
    assert spent.user + spent.system < 0.7


@pytest.mark.parametrize("fork", [True, False], ids=["forked", "plain"])
async def test_it_never_stops_by_itself(fork: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_NO_FORK", "0" if fork else "1")
    monkeypatch.setenv("LAB_IDLE_MINUTES", "soon")  # which a console that minds it refuses
    async with warm_consoles() as start:
        process, _ = await _opened(start, tmp_path / "one")
        await asyncio.to_thread(spawn.end, tmp_path / "one", process)


async def test_its_end_is_noticed_from_any_thread(tmp_path: Path) -> None:
    async with warm_consoles() as start:
        process, _ = await _opened(start, tmp_path / "one")
        with pytest.raises(subprocess.TimeoutExpired):
            await asyncio.to_thread(process.wait, 0.1)
        os.kill(process.pid, signal.SIGKILL)
        assert await asyncio.to_thread(process.wait, 5.0) == -signal.SIGKILL


async def test_one_that_refuses_says_why(tmp_path: Path) -> None:
    async with warm_consoles() as start:
        await _opened(start, tmp_path / "one")
        with pytest.raises(EnvironmentLacks, match="running already"):
            await _opened(start, tmp_path / "one")


async def test_those_still_there_end_with_what_started_them(tmp_path: Path) -> None:
    async with warm_consoles() as start:
        process, _ = await _opened(start, tmp_path / "one")
        console = psutil.Process(process.pid)
        family = [console, *console.children(recursive=True)]
        assert len(family) > 1
    _, left = await asyncio.to_thread(psutil.wait_procs, family, 5)
    assert not left
