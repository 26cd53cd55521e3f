"""A figure must lie well away from its bound, on the side where it belongs."""

import math
from typing import Any

import pytest

from lab.probes import probes
from lab.proof.margins import Measured, inside, outside, requests
from lab.proof.result import Judged, Row

ERRORS_BELOW = {"error_rate": {"service": "gateway", "below": "1%"}}
ERRORS_ABOVE = {"error_rate": {"service": "gateway", "above": "10%"}}
FASTER = {"latency": {"service": "gateway", "below": "800ms"}}
PAID = {"paid": {"share": "99%"}}


def measured(written: dict[str, Any], value: float) -> Measured:
    return Measured(probes.read(written), value)


@pytest.mark.parametrize(
    ("written", "value", "ok"),
    [
        (ERRORS_BELOW, 0.0, True),
        (ERRORS_BELOW, 0.003, True),
        (ERRORS_BELOW, 0.005, False),  # it holds, but not three times
        (ERRORS_BELOW, 0.2, False),
        (ERRORS_ABOVE, 0.31, True),
        (ERRORS_ABOVE, 0.2, False),
        (FASTER, 399, True),
        (FASTER, 500, False),
        (PAID, 1.0, True),
        (PAID, 0.992, False),
        (FASTER, math.nan, False),
    ],
)
def test_a_bound_that_must_hold_must_be_cleared(written: dict[str, Any], value: float, ok: bool) -> None:
    row = inside(measured(written, value))
    assert row.ok is ok
    assert bool(row.instead) is not ok


@pytest.mark.parametrize(
    ("written", "value", "ok"),
    [
        (ERRORS_BELOW, 0.2, True),
        (ERRORS_BELOW, 0.02, False),  # it is missed, but not three times
        (ERRORS_BELOW, 0.0, False),
        (ERRORS_ABOVE, 0.0, True),
        (ERRORS_ABOVE, 0.05, False),
        (ERRORS_ABOVE, 0.5, False),
        (FASTER, 1700, True),
        (FASTER, 1200, False),
        (PAID, 0.4, True),
        (PAID, 0.98, False),
        (ERRORS_ABOVE, math.nan, True),  # no request at all is no symptom
    ],
)
def test_a_bound_that_must_not_hold_must_be_missed_by_far(written: dict[str, Any], value: float, ok: bool) -> None:
    row = outside(measured(written, value))
    assert row.ok is ok
    assert bool(row.instead) is not ok


def test_too_close_and_on_the_wrong_side_are_told_apart() -> None:
    assert "another time it might not" in inside(measured(FASTER, 500)).instead
    assert "must be below 800 ms" in inside(measured(FASTER, 900)).instead
    assert "too close" in outside(measured(FASTER, 1200)).instead


def test_few_requests_prove_little() -> None:
    assert requests(200, 200).ok
    assert not requests(199, 200).ok


def test_a_step_without_a_figure_does_not_hold() -> None:
    assert not Judged.of("x", []).ok
    assert Judged.of("x", [Row("a", "1", "1", True)]).ok
    assert not Judged.of("x", [Row("a", "1", "1", True), Row("b", "1", "2", False)]).ok


def test_an_infinite_clearance_is_still_json() -> None:
    assert inside(measured(ERRORS_BELOW, 0.0)).as_json()["clears"] is None
