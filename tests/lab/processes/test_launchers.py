"""Plainly started or forked: a child behaves the same, and none outlives its starter."""

import asyncio
import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import IO

import psutil
import pytest
from platforms import forks

from lab.core.errors import EnvironmentLacks
from lab.processes import Child, Launcher, Program, environment
from lab.processes.forked import Forker
from lab.processes.spawn import Spawner

# a zygote of its own, whose programs are small enough to say what happens to them
ZYGOTE = """
import os, sys, time
from lab.processes.zygote import serve_parent

def echo():
    print("started", os.environ.get("WORD"), os.getcwd(), flush=True)
    for line in sys.stdin:
        print("heard", line.strip(), flush=True)
    print("over", file=sys.stderr)
    return 7

def fail():
    raise RuntimeError("it broke")

def leave():
    sys.exit("no more")

serve_parent(lambda: {"tests.echo": echo, "tests.fail": fail, "tests.leave": leave})
"""


class _OnlyForked:
    async def start(self, program: Program) -> Child:
        raise AssertionError(f"{program.title} was not forked")


Zygote = tuple[socket.socket, "subprocess.Popen[bytes]"]


def start_zygote(source: str, errors: IO[bytes] | None = None) -> Zygote:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    words = [sys.executable, "-c", source, str(theirs.fileno()), str(os.getpid())]
    process = subprocess.Popen(words, pass_fds=[theirs.fileno()], stderr=errors)
    theirs.close()
    return ours, process


@pytest.fixture
def zygote() -> Iterator[Zygote]:
    channel, process = start_zygote(ZYGOTE)
    yield channel, process
    channel.close()
    if process.poll() is None:
        process.kill()
    process.wait()


@pytest.fixture
async def forker(zygote: Zygote) -> AsyncIterator[Forker]:
    forker = Forker((zygote[0], zygote[1].pid), _OnlyForked())
    yield forker
    forker.close()


def program(tmp_path: Path, module: str = "tests.echo", log: bool = False, **env: str) -> Program:
    return Program("echo", ("python", "-m", module), tmp_path, env, tmp_path / "echo.log" if log else None)


async def lines(child: Child) -> list[str]:
    return [line.decode().strip() async for line in child.stdout]


@forks
async def test_a_forked_program_has_its_own_folder_environment_and_streams(forker: Forker, tmp_path: Path) -> None:
    child = await forker.start(program(tmp_path, WORD="hello"))
    assert (await child.stdout.readline()).decode().strip() == f"started hello {tmp_path}"
    await child.write_line(b"one")
    assert await child.stdout.readline() == b"heard one\n"
    assert psutil.Process(child.pid).cmdline()[0] == "echo"
    assert child.returncode is None
    await child.stop()
    assert child.returncode == -signal.SIGTERM


@forks
async def test_its_exit_code_and_its_last_words_are_known(forker: Forker, tmp_path: Path) -> None:
    failed = await forker.start(program(tmp_path, "tests.fail", log=True))
    assert await failed.wait() == 1
    assert failed.last_words(1) == "RuntimeError: it broke"
    left = await forker.start(program(tmp_path, "tests.leave"))
    assert left.stderr is not None
    assert await left.stderr.read() == b"no more\n"
    assert await left.wait() == 1
    for child in (failed, left):
        await child.stop()


@forks
async def test_many_are_started_at_once_and_none_is_taken_for_another(forker: Forker, tmp_path: Path) -> None:
    children = await asyncio.gather(*(forker.start(program(tmp_path, WORD=str(n))) for n in range(20)))
    said = await asyncio.gather(*(child.stdout.readline() for child in children))
    assert [line.split()[1] for line in said] == [b"%d" % n for n in range(20)]
    assert len({child.pid for child in children}) == 20
    await asyncio.gather(*(child.stop() for child in children))
    assert not any(psutil.pid_exists(child.pid) for child in children)


@forks
async def test_what_was_not_warmed_is_started_plainly(zygote: Zygote, tmp_path: Path) -> None:
    forker = Forker((zygote[0], zygote[1].pid), Spawner())
    child = await forker.start(Program("p", ("python", "-c", "print(41 + 1)"), tmp_path))
    assert await lines(child) == ["42"]
    assert await child.wait() == 0
    await child.stop()
    forker.close()


@forks
async def test_a_zygotes_end_ends_its_children_and_others_are_started_plainly(zygote: Zygote, tmp_path: Path) -> None:
    channel, process = zygote
    plain = _Plain()
    forker = Forker((channel, process.pid), plain)
    child = await forker.start(program(tmp_path))
    process.kill()
    assert await asyncio.wait_for(child.wait(), 5) == -signal.SIGKILL
    for _ in range(100):
        if not psutil.pid_exists(child.pid):
            break
        await asyncio.sleep(0.02)
    assert not psutil.pid_exists(child.pid)
    with contextlib.suppress(EnvironmentLacks):
        await forker.start(program(tmp_path))
    assert plain.asked == 1
    await child.stop()


class _Plain:
    def __init__(self) -> None:
        self.asked = 0

    async def start(self, _program: Program) -> Child:
        self.asked += 1
        raise EnvironmentLacks("w", "h")


@forks
async def test_a_zygote_that_cannot_warm_leaves_the_work_to_plain_starts(tmp_path: Path) -> None:
    source = "from lab.processes.zygote import serve_parent\nserve_parent(lambda: 1 / 0)"
    channel, process = start_zygote(source)
    plain = _Plain()
    with pytest.raises(EnvironmentLacks):
        await Forker((channel, process.pid), plain).start(program(tmp_path))
    assert plain.asked == 1
    process.wait()


@forks
async def test_a_zygote_with_a_second_thread_refuses_to_fork(tmp_path: Path) -> None:
    source = """
import threading, time
from lab.processes.zygote import serve_parent
def warm():
    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
    return {"tests.echo": print}
serve_parent(warm)
"""
    with (tmp_path / "errors").open("wb") as errors:
        channel, process = start_zygote(source, errors)
    plain = _Plain()
    with pytest.raises(EnvironmentLacks):
        await Forker((channel, process.pid), plain).start(program(tmp_path))
    assert plain.asked == 1
    process.wait()  # not its code: the forker waits for it too, and only one is told
    assert "2 threads after warming" in (tmp_path / "errors").read_text()


@forks
def test_a_zygote_ends_quietly_with_a_starter_that_was_killed(tmp_path: Path) -> None:
    with (tmp_path / "errors").open("wb") as errors:
        channel, process = start_zygote(ZYGOTE, errors)
    assert select.select([channel], [], [], 30)[0], "it is warm, and nobody hears it say so"
    channel.close()
    assert process.wait(30) == 0
    assert (tmp_path / "errors").read_text() == ""


def test_what_the_user_has_preloaded_reaches_every_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LD_PRELOAD", "/usr/lib/libjemalloc.so")
    monkeypatch.setenv("SECRET", "mine")
    kept = environment({"WORD": "hello"})
    assert (kept["LD_PRELOAD"], kept["WORD"], "SECRET" in kept) == ("/usr/lib/libjemalloc.so", "hello", False)


@pytest.fixture(params=["plain", pytest.param("forked", marks=forks)])
async def launcher(request: pytest.FixtureRequest) -> AsyncIterator[Launcher]:
    if request.param == "plain":
        yield Spawner()
        return
    from lab.processes.zygote import spawn_zygote

    forker = Forker(spawn_zygote("lab.load.zygote"), _OnlyForked())
    yield forker
    forker.close()


async def test_the_customers_program_says_the_same_however_it_was_started(launcher: Launcher, tmp_path: Path) -> None:
    child = await launcher.start(Program("customers", ("python", "-m", "lab.load"), tmp_path))
    await child.write_line(b'{"host": "nowhere", "keys": []}')
    told = json.loads(await child.stdout.readline())
    assert told["error"]["kind"] == "UsageError"
    assert await child.wait() == 2
    assert child.stderr is not None
    assert b"The host is not a web address" in await child.stderr.read()
    await child.stop()


async def test_a_program_that_is_not_there_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentLacks, match="thing could not be started"):
        await Spawner().start(Program("thing", ("/no/such/program",), tmp_path))


async def test_one_that_ignores_the_request_to_end_is_ended(tmp_path: Path) -> None:
    source = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
    )
    child = await Spawner().start(Program("deaf", ("python", "-c", source), tmp_path))
    await child.stdout.readline()
    await child.stop(grace_s=0.2)
    assert child.returncode == -signal.SIGKILL
