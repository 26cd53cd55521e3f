"""The warmed process that programs are forked from: everything is imported and built once, then shared.

It is one thread that does nothing but answer its starter over a Unix socket (SOCK_SEQPACKET), one JSON object a
message:

- it says `{"ready": ["lab.proxy", …]}` once it is warm,
- takes `{"id": 1, "module": "lab.proxy", "title": …, "env": {…}, "cwd": …}` with the three standard streams as
  file descriptors, and says `{"id": 1, "pid": 42}`,
- says `{"pid": 42, "code": 0}` when a child has ended (negative: the signal that ended it).

It ends when the socket does, and its children end with it. Locust replaces parts of the standard library when it is
imported; what is needed here is therefore bound by name before that.
"""

import gc
import json
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from os import close, fork, waitpid
from select import POLLIN, poll
from signal import set_wakeup_fd
from signal import signal as on_signal
from typing import Any, NoReturn, Protocol

from lab.processes import environment
from lab.processes.parent import follow

MESSAGE_LIMIT = 1 << 18
Programs = Mapping[str, Callable[[], object]]
"""Module → what `python -m module` does; its result is the exit code."""


class Closeable(Protocol):
    """A file or socket."""

    def close(self) -> None:
        """Close it."""


def fork_zygote(warm: Callable[[], Programs], held: Iterable[Closeable] = ()) -> tuple[socket.socket, int]:
    """Fork this process into a zygote: our end of its socket, and its id. Only while there is one thread.

    In the zygote everything `held` is closed: it must not keep what is ours.
    """
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    parent = os.getpid()
    gc.collect()
    gc.freeze()
    pid = fork()
    if pid == 0:
        ours.close()
        for one in held:
            one.close()
        follow(parent)
        _show_as("services, warm")
        serve(theirs, warm)
    theirs.close()
    return ours, pid


def spawn_zygote(module: str) -> tuple[socket.socket, int]:
    """Start `python -m module`, which calls `serve_parent`, as a zygote: our end of its socket, and its id.

    For what must not be imported here. Use it on a thread that lives as long as this process.
    """
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    theirs.set_inheritable(True)
    pid = os.posix_spawn(
        sys.executable,
        [sys.executable, "-P", "-m", module, str(theirs.fileno()), str(os.getpid())],
        environment({}),
        file_actions=[(os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0)],
    )
    theirs.close()
    return ours, pid


def serve_parent(warm: Callable[[], Programs]) -> NoReturn:
    """Be the zygote that `spawn_zygote` has started: its words are the socket's descriptor and its parent's id."""
    channel, parent = map(int, sys.argv[1:])
    os.set_inheritable(channel, False)
    follow(parent)
    serve(socket.socket(fileno=channel), warm)


def serve(channel: socket.socket, warm: Callable[[], Programs]) -> NoReturn:
    """Be a zygote until `channel` ends."""
    code = 1
    try:
        gc.disable()  # nothing of what is loaded now will ever be garbage
        programs = warm()
        gc.enable()
        # a thread would not survive in the children, and what it holds would stay locked for ever
        threads = len(os.listdir("/proc/self/task"))
        if threads != 1:
            raise RuntimeError(f"{threads} threads after warming; only one may be there when forking")
        gc.collect()
        gc.freeze()
        _Zygote(channel, programs).run()
        code = 0
    except BaseException:
        sys.excepthook(*sys.exc_info())  # programs are then started plainly; the log says why
    finally:
        sys.stderr.flush()
        os._exit(code)


class _Zygote:
    def __init__(self, channel: socket.socket, programs: Programs) -> None:
        self._channel = channel
        self._programs = programs
        self._pid = os.getpid()
        self._woken, self._wake = os.pipe()

    def run(self) -> None:
        os.set_blocking(self._wake, False)
        on_signal(signal.SIGCHLD, lambda _number, _frame: None)
        set_wakeup_fd(self._wake, warn_on_full_buffer=False)
        self._say({"ready": sorted(self._programs)})
        waiting = poll()
        waiting.register(self._channel.fileno(), POLLIN)
        waiting.register(self._woken, POLLIN)
        while True:
            for descriptor, _ in waiting.poll():
                if descriptor == self._woken:
                    os.read(self._woken, 4096)
                    self._reap()
                elif not self._hear():
                    return

    def _say(self, message: Mapping[str, Any]) -> None:
        with suppress(OSError):  # nobody listens any more: `_hear` will notice
            self._channel.send(json.dumps(message).encode())

    def _hear(self) -> bool:
        try:
            data, descriptors, _, _ = socket.recv_fds(self._channel, MESSAGE_LIMIT, 3)
        except ConnectionError:  # its starter was killed
            return False
        if not data:
            return False
        order = json.loads(data)
        pid = fork()
        if pid == 0:
            self._become(order, descriptors)
        for descriptor in descriptors:
            close(descriptor)
        self._say({"id": order["id"], "pid": pid})
        return True

    def _reap(self) -> None:
        while True:
            try:
                pid, status = waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            self._say({"pid": pid, "code": os.waitstatus_to_exitcode(status)})

    def _become(self, order: dict[str, Any], descriptors: list[int]) -> NoReturn:
        """In the child: turn into the program."""
        code = 1
        try:
            set_wakeup_fd(-1)
            on_signal(signal.SIGCHLD, signal.SIG_DFL)
            follow(self._pid)
            for number, descriptor in enumerate(descriptors):
                os.dup2(descriptor, number)
            for descriptor in {*descriptors, self._channel.detach(), self._woken, self._wake} - {0, 1, 2}:
                close(descriptor)
            os.setsid()
            os.chdir(order["cwd"])
            _show_as(order["title"])  # first: it looks for the place where the environment begins
            os.environ.clear()
            os.environ.update(order["env"])
            code = _exit_code(self._programs[order["module"]])
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)


def _exit_code(program: Callable[[], object]) -> int:
    try:
        result = program()
    except SystemExit as error:
        result = error.code
    except BaseException:
        sys.excepthook(*sys.exc_info())
        return 1
    if isinstance(result, str):
        sys.stderr.write(result + "\n")
        return 1
    return result if isinstance(result, int) else 0


def _show_as(title: str) -> None:
    """What `ps` shows; without it the child would show its starter's command and environment."""
    from setproctitle import setproctitle

    setproctitle(title)
