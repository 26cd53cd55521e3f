"""What memory knows of the stored records: how many of which stream lie when, and which ids lie in which window."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from lab.telemetry.blocks import Moments

CHUNK = 256
_MOST_RUNS = 12


Chunks = dict[int, tuple[int, int]]
"""Number of a chunk of ids → first and last millisecond in it, in the order of ids."""


@dataclass(frozen=True, slots=True)
class Run:
    """Ids from `low` to `high` (both included); `inside` when all of them surely lie in the window."""

    low: int
    high: int
    inside: bool


class RecordIndex:
    """Index of one table. Ids are given in order of arrival, times need not be. Guarded by the store's lock."""

    def __init__(self) -> None:
        self.count = 0
        self._moments: defaultdict[int, Moments] = defaultdict(Moments)
        self._chunks: Chunks = {}

    def add(self, record_id: int, stream: int, ms: int) -> None:
        """A record was stored."""
        self.count += 1
        self._moments[stream].add(ms)
        chunk = record_id // CHUNK
        low, high = self._chunks.get(chunk, (ms, ms))
        if chunk not in self._chunks or ms < low or ms > high:
            self._chunks[chunk] = (min(low, ms), max(high, ms))

    def remove(self, stream: int, ms: int) -> None:
        """A record was evicted."""
        self.count -= 1
        self._moments[stream].remove(ms)

    def forget_ids(self, below: int) -> None:
        """No id below this one is left."""
        for chunk in [chunk for chunk in self._chunks if chunk < below // CHUNK]:
            del self._chunks[chunk]

    def counts(self, start_ms: int, end_ms: int, streams: Collection[int] | None = None) -> dict[int, int]:
        """How many records of each stream lie in the window; streams without any are left out."""
        chosen: Iterable[int] = list(self._moments) if streams is None else streams
        found = {
            stream: self._moments[stream].between(start_ms, end_ms) for stream in chosen if stream in self._moments
        }
        return {stream: count for stream, count in found.items() if count}

    def chunks(self, start_ms: int, end_ms: int) -> Chunks:
        """Chunks that reach into the window, in the order of their ids."""
        return {chunk: (low, high) for chunk, (low, high) in self._chunks.items() if high >= start_ms and low < end_ms}


def runs_of(chunks: Chunks, start_ms: int, end_ms: int) -> list[Run]:
    """Ranges of ids that hold every record of the window, ascending and without overlap."""
    runs: list[Run] = []
    for chunk, (low, high) in chunks.items():
        if high < start_ms or low >= end_ms:
            continue
        first, last = chunk * CHUNK, chunk * CHUNK + CHUNK - 1
        inside = start_ms <= low and high < end_ms
        if runs and runs[-1].high == first - 1 and runs[-1].inside == inside:
            runs[-1] = Run(runs[-1].low, last, inside)
        else:
            runs.append(Run(first, last, inside))
    if len(runs) > _MOST_RUNS:
        return [Run(runs[0].low, runs[-1].high, False)]
    return runs
