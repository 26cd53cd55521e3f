"""Even spacing of calls, and reading of Retry-After."""

import time
from email.utils import formatdate

import pytest

from services.orders.payment.outcomes import retry_after_s
from services.orders.payment.pacing import Pacer


def test_turns_are_evenly_spaced() -> None:
    pacer = Pacer(lambda: 1000.0)
    turns = [pacer.turn_in_s(10) for _ in range(5)]
    assert turns == pytest.approx([0, 0.1, 0.2, 0.3, 0.4])


def test_an_idle_time_saves_nothing_up() -> None:
    now_s = 1000.0
    pacer = Pacer(lambda: now_s)
    pacer.turn_in_s(100)
    now_s += 0.05
    assert [pacer.turn_in_s(100), pacer.turn_in_s(100)] == pytest.approx([0, 0.01])


def test_a_turn_that_comes_too_late_is_not_taken() -> None:
    pacer = Pacer(lambda: 1000.0)
    pacer.turn_in_s(1)
    assert pacer.turn_in_s(1, 0.5) is None
    assert pacer.turn_in_s(1, 1.5) == pytest.approx(1)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("", None), ("7", 7), ("0", 0), ("-3", None), ("soon", None), ("1.5", None), (formatdate(0, usegmt=True), 0)],
)
def test_retry_after_is_read_as_seconds_or_a_date(value: str, seconds: float | None) -> None:
    assert retry_after_s(value) == seconds


def test_a_date_to_come_is_the_time_until_then() -> None:
    assert retry_after_s(formatdate(time.time() + 30, usegmt=True)) == pytest.approx(30, abs=2)
