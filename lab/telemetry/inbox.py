"""Between those who report and the one who writes: a bounded batch that fills while the last one is written."""

import threading

from lab.telemetry.writer import Batch

_WRITE_EVERY_S = 0.25
_WRITE_AT = 2000
_IDLE_S = 10.0


class Inbox:
    """What waits to be written. Methods want the store's lock held, but for `settle`, `take` and `stop`."""

    def __init__(self, lock: threading.Lock, limit: int) -> None:
        self.batch = Batch()
        self.spans_shed = 0
        self.logs_shed = 0
        self.stopped = False
        self._limit = limit
        self._added = self._done = 0
        self._urgent = False
        self._lock = lock
        self._arrived = threading.Condition(lock)
        self._settled = threading.Condition(lock)

    def room(self) -> int:
        """How many records more may wait."""
        return self._limit - len(self.batch.spans) - len(self.batch.logs)

    def arrived(self) -> None:
        """Something was put into the batch."""
        if len(self.batch):
            self._added += 1
            self._arrived.notify()

    def settle(self, timeout_s: float) -> bool:
        """Wait until everything that arrived before is done; False when that took too long."""
        with self._lock:
            target = self._added
            if self._done >= target:
                return True
            self._urgent = True
            self._arrived.notify()
            return self._settled.wait_for(lambda: self._done >= target, timeout_s)

    def take(self) -> tuple[Batch, int, bool]:
        """The batch, once it is time to write it, the mark to give to `done`, and whether it is the last."""
        with self._lock:
            self._arrived.wait_for(lambda: self.stopped or len(self.batch) > 0, _IDLE_S)
            self._arrived.wait_for(lambda: self.stopped or self._urgent or len(self.batch) >= _WRITE_AT, _WRITE_EVERY_S)
            batch, self.batch = self.batch, Batch()
            self._urgent = False
            return batch, self._added, self.stopped

    def done(self, mark: int) -> None:
        """Everything up to the mark is written, or given up."""
        self._done = mark
        self._settled.notify_all()

    def stop(self) -> None:
        """Nothing more will arrive."""
        with self._lock:
            self.stopped = True
            self._arrived.notify()
