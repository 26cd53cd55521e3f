"""A bounded queue emptied by one thread, so that a slow receiver never slows a request."""

import threading
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Drain(Generic[T]):
    """Collects items for up to `every_s` and hands them to `send` in its own thread, at last calls `end` there.

    `put` never blocks: when `limit` items wait, the newest is dropped and counted. An idle drain never wakes.
    """

    def __init__(
        self,
        name: str,
        send: Callable[[list[T]], None],
        *,
        limit: int = 8192,
        every_s: float = 0.2,
        end: Callable[[], None] = lambda: None,
    ) -> None:
        self.dropped = 0
        self._send = send
        self._end = end
        self._limit = limit
        self._every_s = every_s
        self._waiting: deque[T] = deque()
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._asleep = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def put(self, item: T) -> None:
        """Queue an item, or count it as dropped."""
        if len(self._waiting) >= self._limit:
            self.dropped += 1
            return
        self._waiting.append(item)
        if self._asleep:
            self._wake.set()

    def close(self, timeout_s: float = 1.0) -> None:
        """Send what waits, for at most `timeout_s`."""
        self._closing.set()
        self._wake.set()
        self._thread.join(timeout_s)

    def _run(self) -> None:
        while True:
            self._asleep = True
            if not self._waiting and not self._closing.is_set():
                self._wake.wait()
            self._asleep = False
            self._wake.clear()
            if not self._closing.is_set():
                self._closing.wait(self._every_s)
            batch = [self._waiting.popleft() for _ in range(len(self._waiting))]
            if batch:
                self._send(batch)
            elif self._closing.is_set():
                self._end()
                return
