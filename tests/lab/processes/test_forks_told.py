"""A start and the word of it, in whichever order they come: what nobody waits for any more does not live on."""

import asyncio
import json
import os
import signal
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from platforms import forks

from lab.core.errors import EnvironmentLacks
from lab.processes import Child, Program
from lab.processes.forked import FORKED_WITHIN_S, Forker
from lab.processes.spawn import Spawner

pytestmark = forks


class _Told:
    """A zygote played by the test: it says what it is told to say, and forks nothing."""

    def __init__(self) -> None:
        ours, self.channel = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.channel.settimeout(5)
        self.forker = Forker((ours, os.getpid()), Spawner())  # nobody is its own child, so none is waited for
        self.say({"ready": ["tests.echo"]})

    def say(self, *messages: dict[str, object]) -> None:
        for message in messages:
            self.channel.send(json.dumps(message).encode())

    async def asked(self, tmp_path: Path) -> tuple[int, asyncio.Task[Child]]:
        """The number of the order that a start gives, and the start."""
        program = Program("echo", ("python", "-m", "tests.echo"), tmp_path, log=tmp_path / "echo.log")
        starting = asyncio.create_task(self.forker.start(program))
        order = await asyncio.to_thread(self.channel.recv, 1 << 18)
        return json.loads(order)["id"], starting


@pytest.fixture
async def told() -> AsyncIterator[_Told]:
    told = _Told()
    yield told
    told.forker.close()
    told.channel.close()


async def test_one_that_ends_before_its_start_was_noticed_has_ended(told: _Told, tmp_path: Path) -> None:
    number, starting = await told.asked(tmp_path)
    told.say({"id": number, "pid": 1 << 22}, {"pid": 1 << 22, "code": 3})
    child = await starting
    assert child.returncode == 3
    child.stdin.close()


async def test_the_end_of_one_nobody_waited_for_is_not_that_of_a_later_one_with_its_id(
    told: _Told, tmp_path: Path
) -> None:
    number, starting = await told.asked(tmp_path)
    starting.cancel()
    await asyncio.gather(starting, return_exceptions=True)
    left = await Spawner().start(Program("left", ("sleep", "60"), tmp_path))
    told.say({"id": number, "pid": left.pid})
    assert await asyncio.wait_for(left.wait(), 5) == -signal.SIGKILL
    left.stdin.close()
    told.say({"pid": left.pid, "code": -9})
    number, starting = await told.asked(tmp_path)
    told.say({"id": number, "pid": left.pid})
    child = await starting
    assert child.returncode is None
    told.say({"pid": left.pid, "code": 0})
    assert await asyncio.wait_for(child.wait(), 5) == 0
    child.stdin.close()


@pytest.mark.parametrize("moments", [0, 1, 2])
async def test_a_start_that_is_given_up_as_it_succeeds_is_given_up(told: _Told, tmp_path: Path, moments: int) -> None:
    number, starting = await told.asked(tmp_path)
    left = await Spawner().start(Program("left", ("sleep", "60"), tmp_path))
    told.say({"id": number, "pid": left.pid})
    told.forker._read()
    for _ in range(moments):
        await asyncio.sleep(0)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert await asyncio.wait_for(left.wait(), 5) == -signal.SIGKILL
    left.stdin.close()


async def test_one_whose_start_was_told_of_too_late_to_be_taken_does_not_live_on(
    told: _Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = await Spawner().start(Program("left", ("sleep", "60"), tmp_path))
    number, starting = await told.asked(tmp_path)
    loop = asyncio.get_running_loop()

    def told_as_its_time_is_over() -> None:
        told.say({"id": number, "pid": left.pid})
        now = loop.time() + FORKED_WITHIN_S
        monkeypatch.setattr(loop, "time", lambda: now)

    loop.call_soon(told_as_its_time_is_over)
    with pytest.raises(EnvironmentLacks, match="no answer"):
        await starting
    monkeypatch.undo()
    assert await asyncio.wait_for(left.wait(), 5) == -signal.SIGKILL
    left.stdin.close()


async def test_a_zygote_that_ends_before_a_start_was_noticed_took_that_one_with_it(told: _Told, tmp_path: Path) -> None:
    number, starting = await told.asked(tmp_path)
    told.say({"id": number, "pid": 1 << 22})
    told.channel.close()
    child = await starting
    assert await asyncio.wait_for(child.wait(), 5) == -signal.SIGKILL
    child.stdin.close()
