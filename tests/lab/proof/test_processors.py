"""How busy the processors were, looked at now and then."""

import asyncio
import contextlib
from types import SimpleNamespace

import psutil
import pytest

from lab.proof.processors import Processors, busy


class EndOfLooks(Exception):
    """There is nothing more to see."""


def _watched(*shares: float) -> Processors:
    """Processors that were so busy, look by look."""
    left = [0.0, *shares]  # what was before does not count

    def busy() -> float:
        if not left:
            raise EndOfLooks
        return left.pop(0)

    processors = Processors(busy, every_s=0.0)

    async def run() -> None:
        with contextlib.suppress(EndOfLooks):
            await processors.watch()

    asyncio.run(run())
    assert processors.now == len(shares)
    return processors


def test_a_moment_at_full_speed_is_no_strain() -> None:
    assert not _watched(0.2, 1.0, 1.0, 0.2, 1.0).strained(0)


def test_three_looks_in_a_row_with_nearly_everything_taken_are_one() -> None:
    assert _watched(0.2, 0.95, 1.0, 0.9, 0.1).strained(0)


def test_a_strain_of_before_does_not_count() -> None:
    processors = _watched(1.0, 1.0, 1.0, 0.2)

    assert processors.strained(0)
    assert not processors.strained(1)
    assert not processors.strained(processors.now)


def test_what_was_not_seen_yet_counts_as_busy() -> None:
    async def run() -> None:
        processors = Processors(lambda: 0.0)
        assert processors.share(3.0) == 1.0

    asyncio.run(run())


def test_who_waits_for_a_disk_is_not_idle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psutil, "cpu_times_percent", lambda: SimpleNamespace(user=10.0, iowait=85.0, idle=5.0))
    assert busy() == pytest.approx(0.95)
