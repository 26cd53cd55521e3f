"""Numbers in plain words: how big, against what, getting better or worse."""

from lab.telemetry.model import Business, Red


def red_verdict(
    now: Red, baseline: Red | None = None, earlier: Red | None = None, later: Red | None = None
) -> str:
    """`errors 12 %, three times the baseline, getting worse`; `as in the baseline` when nothing stands out.

    `earlier` and `later` are the two halves of the window and give the trend.
    """
    raise NotImplementedError


def business_verdict(
    now: Business,
    minutes: float,
    baseline: Business | None = None,
    baseline_minutes: float | None = None,
) -> str:
    """`41 of 300 orders lost (14 %), 23 customers affected, revenue half of the baseline`."""
    raise NotImplementedError
