"""Starting programs by forking them from a zygote: in milliseconds, and sharing memory."""

import asyncio
import contextlib
import json
import os
import signal
import socket
from functools import partial
from pathlib import Path
from typing import Any

from lab.core.errors import EnvironmentLacks
from lab.processes import Child, Launcher, Program, environment
from lab.processes.zygote import MESSAGE_LIMIT

LINE_LIMIT = 1 << 20
OUR_OUTPUT = 1
WARM_WITHIN_S = 30.0
FORKED_WITHIN_S = 10.0


class Forker:
    """Forks what its zygote has warmed. All else, and all once the zygote is gone, `otherwise` starts."""

    def __init__(self, zygote: tuple[socket.socket, int], otherwise: Launcher) -> None:
        self._channel, self._zygote = zygote
        self._otherwise = otherwise
        self._warm: asyncio.Future[frozenset[str]] | None = None
        self._forked: dict[int, asyncio.Future[tuple[int, asyncio.Future[int]]]] = {}
        """Order → the process it became, once that is told: its id and its end."""
        self._ends: dict[int, asyncio.Future[int]] = {}
        self._orders = 0

    async def start(self, program: Program) -> Child:
        """As Launcher.start."""
        if program.module is None or program.module not in await self._modules():
            return await self._otherwise.start(program)
        ours, theirs = socket.socketpair()
        errors, their_errors = await _errors_of(program.log)
        try:
            output = OUR_OUTPUT if program.shown else theirs.fileno()
            pid, ended = await self._fork(program, [theirs.fileno(), output, their_errors])
        except EnvironmentLacks:
            ours.close()
            if self._channel.fileno() >= 0:
                raise
            return await self._otherwise.start(program)  # the zygote ended under our hands
        except asyncio.CancelledError:
            ours.close()
            raise
        finally:
            theirs.close()
            os.close(their_errors)
        try:
            stdout, stdin = await asyncio.open_unix_connection(sock=ours, limit=LINE_LIMIT)
        except BaseException:
            _kill(pid)  # nobody else knows of it
            raise
        return Child(
            program.title,
            pid,
            send=partial(os.kill, pid),
            ended=ended,
            stdin=stdin,
            stdout=stdout,
            stderr=errors,
            log=program.log,
        )

    def close(self) -> None:
        """End the zygote, and with it all that were forked from it."""
        if self._channel.fileno() >= 0:
            self._gone()

    async def _modules(self) -> frozenset[str]:
        """What is warm; waits until the zygote is, and is empty when it has ended."""
        loop = asyncio.get_running_loop()
        if self._warm is None:
            self._warm = loop.create_future()
            self._channel.setblocking(False)
            loop.add_reader(self._channel.fileno(), self._read)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(WARM_WITHIN_S):
                return await asyncio.shield(self._warm)
        return frozenset()

    async def _fork(self, program: Program, streams: list[int]) -> tuple[int, asyncio.Future[int]]:
        self._orders += 1
        number = self._orders
        order = {
            "id": number,
            "module": program.module,
            "title": program.title,
            "env": environment(program.env),
            "cwd": str(program.cwd),
        }
        told: asyncio.Future[tuple[int, asyncio.Future[int]]] = asyncio.get_running_loop().create_future()
        self._forked[number] = told
        try:
            socket.send_fds(self._channel, [json.dumps(order).encode()], streams)
            async with asyncio.timeout(FORKED_WITHIN_S):
                return await told
        except (OSError, TimeoutError) as error:
            _give_up(told)
            raise EnvironmentLacks(
                f"{program.title} could not be started: {str(error) or 'no answer'}.",
                "Start again: `lab stop`, `lab start`",
            ) from None
        except asyncio.CancelledError:
            _give_up(told)
            raise
        finally:
            self._forked.pop(number, None)

    def _read(self) -> None:
        try:
            while data := self._channel.recv(MESSAGE_LIMIT):
                self._take(json.loads(data))
        except BlockingIOError:
            return
        except OSError:
            pass
        self._gone()

    def _take(self, message: dict[str, Any]) -> None:
        if "ready" in message:
            if self._warm is not None and not self._warm.done():
                self._warm.set_result(frozenset(message["ready"]))
        elif "id" in message:
            told = self._forked.get(message["id"])
            if told is not None and not told.done():
                # at once: its end may be the next message
                ended = self._ends[message["pid"]] = asyncio.get_running_loop().create_future()
                told.set_result((message["pid"], ended))
            else:  # nobody waits for it any more
                _kill(message["pid"])
        else:
            end = self._ends.pop(message["pid"], None)  # none: nobody waited for its start any more
            if end is not None and not end.done():
                end.set_result(message["code"])

    def _gone(self) -> None:
        """The zygote has ended, and with it all that were forked from it."""
        asyncio.get_running_loop().remove_reader(self._channel.fileno())
        self._channel.close()
        asyncio.get_running_loop().run_in_executor(None, _wait_for, self._zygote)
        nothing: asyncio.Future[frozenset[str]] = asyncio.get_running_loop().create_future()
        nothing.set_result(frozenset())
        if self._warm is not None and not self._warm.done():
            self._warm.set_result(frozenset())
        self._warm = nothing
        for told in self._forked.values():
            if not told.done():
                told.set_exception(BrokenPipeError("the process it is forked from has ended"))
        for ended in self._ends.values():
            if not ended.done():
                ended.set_result(-9)
        self._ends.clear()


def _give_up(told: asyncio.Future[tuple[int, asyncio.Future[int]]]) -> None:
    """End what was told of just before: nobody else knows of it."""
    if told.done() and not told.cancelled() and told.exception() is None:
        _kill(told.result()[0])


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _wait_for(pid: int) -> None:
    """Let the system forget a child of ours that has ended."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, 0)


async def _errors_of(log: Path | None) -> tuple[asyncio.StreamReader | None, int]:
    """Our end (None when it goes to a file) and the child's end of its standard error."""
    if log is not None:
        return None, os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    ours, theirs = os.pipe()
    reader = asyncio.StreamReader(limit=LINE_LIMIT)
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(ours, "rb", buffering=0)
    )
    return reader, theirs
