"""Time-ordered numbers in little memory: seven bytes a request, exact to the millisecond and the microsecond.

A block holds 64 s of one series: when each request ended (ms from the block's start), how long it took (µs) and how it
ended (a code). Records are kept in order of time, so a late one lands where it belongs and any window is a slice.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from lab.core.percentile import nearest_rank

BLOCK_MS = 64_000
_LONGEST_US = 0xFFFFFFFF
_SORT_AT_ONCE = 4000


class Block:
    """64 s of one series."""

    __slots__ = ("_ordered", "at", "codes", "us")

    def __init__(self) -> None:
        self.at = array("H")
        self.us = array("I")
        self.codes = bytearray()
        self._ordered: array[int] | None = None

    def add(self, at: int, us: int, code: int) -> None:
        """One request, in whatever order they come; longer than 71 minutes counts as 71 minutes."""
        us = us if us <= _LONGEST_US else _LONGEST_US
        if not self.at or at >= self.at[-1]:
            self.at.append(at)
            self.us.append(us)
            self.codes.append(code)
        else:
            place = bisect_right(self.at, at)
            self.at.insert(place, at)
            self.us.insert(place, us)
            self.codes.insert(place, code)
        self._ordered = None

    def part(self, start: int, end: int) -> "Part":
        """What happened from `start` (included) to `end` (excluded), ms from the block's start."""
        if start <= 0 and end >= BLOCK_MS:
            if self._ordered is None:
                self._ordered = array("I", sorted(self.us))
            return Part(self._ordered, bytes(self.codes))
        first = bisect_left(self.at, max(start, 0))
        last = bisect_left(self.at, min(end, BLOCK_MS))
        return Part(sorted(self.us[first:last]), bytes(self.codes[first:last]))

    def pack(self) -> tuple[bytes, bytes, bytes]:
        """The block's three columns as bytes."""
        return self.at.tobytes(), self.us.tobytes(), bytes(self.codes)

    @classmethod
    def unpack(cls, at: bytes, us: bytes, codes: bytes) -> "Block":
        """A block from its columns."""
        block = cls()
        block.at.frombytes(at)
        block.us.frombytes(us)
        block.codes.extend(codes)
        return block

    def __len__(self) -> int:
        return len(self.at)


@dataclass(frozen=True, slots=True)
class Part:
    """Durations of a piece of time, ascending, and the codes of their outcomes."""

    ordered: Sequence[int]
    codes: bytes


def percentile_us(parts: list[Sequence[int]], percentile: float) -> float:
    """Exact nearest rank over several ascending sequences; NaN when all are empty.

    Few values are merged. For many, the value is found by halving the range of values and counting how many lie at or
    below the middle: some 12 steps, no copy of a million numbers. It lies between the lowest and the highest of the
    sequences' own: below the lowest each sequence has too few, up to the highest each has enough.
    """
    parts = [part for part in parts if part]
    if len(parts) == 1:
        return nearest_rank(parts[0], percentile)
    total = sum(map(len, parts))
    if total <= _SORT_AT_ONCE:
        return nearest_rank(sorted(chain.from_iterable(parts)), percentile)
    rank = nearest_rank(range(1, total + 1), percentile)
    own = [nearest_rank(part, percentile) for part in parts]
    low, high = min(own), max(own)
    while low < high:
        middle = (low + high) // 2
        if sum(bisect_right(part, middle) for part in parts) >= rank:
            high = middle
        else:
            low = middle + 1
    return low


class Moments:
    """Only when things happened, for counting: two bytes each, with removal."""

    __slots__ = ("_blocks", "count")

    def __init__(self) -> None:
        self._blocks: dict[int, array[int]] = {}
        self.count = 0

    def add(self, ms: int) -> None:
        """One moment, unix milliseconds."""
        number, at = divmod(ms, BLOCK_MS)
        block = self._blocks.get(number)
        if block is None:
            block = self._blocks[number] = array("H")
        if not block or at >= block[-1]:
            block.append(at)
        else:
            block.insert(bisect_right(block, at), at)
        self.count += 1

    def remove(self, ms: int) -> None:
        """Take one such moment out again."""
        number, at = divmod(ms, BLOCK_MS)
        block = self._blocks[number]
        del block[bisect_left(block, at)]
        if not block:
            del self._blocks[number]
        self.count -= 1

    def between(self, start_ms: int, end_ms: int) -> int:
        """How many lie from `start_ms` (included) to `end_ms` (excluded)."""
        first, last = start_ms // BLOCK_MS, end_ms // BLOCK_MS
        if last - first > 2 * len(self._blocks):
            numbers = [number for number in list(self._blocks) if first <= number <= last]
        else:
            numbers = [number for number in range(first, last + 1) if number in self._blocks]
        total = 0
        for number in numbers:
            block, base = self._blocks.get(number), number * BLOCK_MS
            if block is None:  # evicted meanwhile
                continue
            low = bisect_left(block, start_ms - base) if number == first else 0
            high = bisect_left(block, end_ms - base) if number == last else len(block)
            total += max(0, high - low)
        return total
