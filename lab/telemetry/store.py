"""The store: takes records in without ever blocking, keeps them bounded, survives kill -9."""

from dataclasses import dataclass
from pathlib import Path

from lab.core.clock import Clock
from lab.core.window import Window
from lab.telemetry.model import Log, Span


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of memory and disk. What exceeds `queue` (records not yet written) is shed and counted."""

    logs: int = 1_000_000
    spans: int = 400_000
    disk_bytes: int = 1 << 30
    queue: int = 20_000
    points_in_memory: int = 250_000


@dataclass(frozen=True, slots=True)
class StoreStats:
    """What the store holds and what it had to let go."""

    spans: int
    logs: int
    spans_shed: int
    logs_shed: int
    evicted: int
    queued: int
    disk_bytes: int


class Store:
    """Thread-safe. `path` is the database file; opening an existing one continues it."""

    def __init__(self, path: Path, *, clock: Clock, limits: Limits | None = None) -> None:
        self.path = path
        self.clock = clock
        self.limits = limits or Limits()

    def add_spans(self, spans: list[Span]) -> None:
        """Take spans in; returns at once, never raises for load."""
        raise NotImplementedError

    def add_logs(self, logs: list[Log]) -> None:
        """Take logs in (their `id` is given here); returns at once, never raises for load."""
        raise NotImplementedError

    def add_gauges(self, service: str, time_s: float, values: dict[str, float]) -> None:
        """Take measured values of a service in."""
        raise NotImplementedError

    def flush(self, timeout_s: float = 5.0) -> bool:
        """Wait until everything added before is committed; False when that took too long."""
        raise NotImplementedError

    def pin(self, window: Window) -> None:
        """Keep the window's records while anything else can go."""
        raise NotImplementedError

    def pin_log(self, log_id: int) -> None:
        """Keep a cited log record."""
        raise NotImplementedError

    def pin_trace(self, trace_id: str) -> None:
        """Keep a cited trace."""
        raise NotImplementedError

    def stats(self) -> StoreStats:
        """What is held, shed, evicted."""
        raise NotImplementedError

    def close(self) -> None:
        """Write what is queued and release the file; idempotent."""
        raise NotImplementedError
