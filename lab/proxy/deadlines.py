"""Calls at exact moments.

An event loop's own timers count whole milliseconds (uvloop's may even fire one early), too coarse for a delay whose
truth is promised. On Linux one timerfd serves all deadlines to within some 0.05 ms.
"""

import asyncio
import ctypes
import heapq
import math
import os
import sys
from collections.abc import Callable
from itertools import count
from time import monotonic
from typing import Protocol

_CLOCK_MONOTONIC = 1
_TFD_TIMER_ABSTIME = 1


class Deadline:
    """One call to come; `cancel` takes it back."""

    __slots__ = ("call", "due_s")

    def __init__(self, due_s: float, call: Callable[[], None]) -> None:
        self.due_s = due_s
        self.call: Callable[[], None] | None = call

    def cancel(self) -> None:
        """Never call it."""
        self.call = None


class _Alarm(Protocol):
    """Something that rings once, at a moment of the monotonic clock."""

    def set(self, due_s: float) -> None: ...

    def close(self) -> None: ...


class Deadlines:
    """All calls to come of one event loop, in the order of their moments."""

    def __init__(self, loop: asyncio.AbstractEventLoop, *, timerfd: bool = sys.platform == "linux") -> None:
        self._waiting: list[tuple[float, int, Deadline]] = []
        self._order = count()
        self._set_for = math.inf
        self._alarm: _Alarm = _TimerFd(loop, self._ring) if timerfd else _LoopTimer(loop, self._ring)

    def at(self, due_s: float, call: Callable[[], None]) -> Deadline:
        """Call it at that moment of `time.monotonic`, never earlier."""
        deadline = Deadline(due_s, call)
        heapq.heappush(self._waiting, (due_s, next(self._order), deadline))
        if due_s < self._set_for:
            self._set_for = due_s
            self._alarm.set(due_s)
        return deadline

    def close(self) -> None:
        """Forget all."""
        self._waiting.clear()
        self._alarm.close()

    def _ring(self) -> None:
        waiting = self._waiting
        now = monotonic()
        try:
            while waiting and (waiting[0][0] <= now or waiting[0][2].call is None):
                call = heapq.heappop(waiting)[2].call
                if call is not None:
                    call()
        finally:
            self._set_for = waiting[0][0] if waiting else math.inf
            if waiting:
                self._alarm.set(self._set_for)


class _TimerFd:
    """Linux: a file descriptor that becomes readable at the moment."""

    def __init__(self, loop: asyncio.AbstractEventLoop, ring: Callable[[], None]) -> None:
        self._loop = loop
        self._ring = ring
        libc = ctypes.CDLL(None, use_errno=True)
        self._settime = libc.timerfd_settime
        # TFD_NONBLOCK and TFD_CLOEXEC are O_NONBLOCK and O_CLOEXEC
        self._fd = libc.timerfd_create(_CLOCK_MONOTONIC, os.O_NONBLOCK | os.O_CLOEXEC)
        if self._fd < 0:
            raise OSError(ctypes.get_errno(), "timerfd_create")
        self._spec = (ctypes.c_long * 4)()
        self._pointer = ctypes.byref(self._spec)
        loop.add_reader(self._fd, self._read)

    def set(self, due_s: float) -> None:
        # rounded up: an alarm that rings early would only ring again
        due_ns = max(1, math.ceil(due_s * 1e9))
        self._spec[2], self._spec[3] = divmod(due_ns, 1_000_000_000)
        self._settime(self._fd, _TFD_TIMER_ABSTIME, self._pointer, None)

    def close(self) -> None:
        self._loop.remove_reader(self._fd)
        os.close(self._fd)

    def _read(self) -> None:
        try:
            os.read(self._fd, 8)
        except BlockingIOError:
            return  # set again since it rang
        self._ring()


class _LoopTimer:
    """Elsewhere: the loop's own timer."""

    def __init__(self, loop: asyncio.AbstractEventLoop, ring: Callable[[], None]) -> None:
        self._loop = loop
        self._ring = ring
        self._timer: asyncio.TimerHandle | None = None

    def set(self, due_s: float) -> None:
        self.close()
        self._timer = self._loop.call_later(max(0.0, due_s - monotonic()), self._ring)

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
