"""What it costs, in numbers everybody understands: orders lost, money, customers."""

from typing import Any

from lab.core.window import Window
from lab.session.overview import lately
from lab.session.session import Session
from lab.session.states import LIVE
from lab.telemetry import as_json
from lab.telemetry.verdict import business_verdict


def impact(session: Session) -> dict[str, Any]:
    """The last half minute, the baseline, and once the pager message has come, the incident so far.

    `so_far` is None before that. It ends where the incident as it was ends: at the first fix, or at a load test.
    """
    telemetry = session.telemetry
    now = lately(session)
    baseline = session.window("baseline")
    incident = session.window("incident") if session.state in LIVE else None
    current = telemetry.business(now)
    usual = telemetry.business(baseline) if baseline is not None else None
    return {
        "now": _numbers(as_json(current), now),
        "baseline": None if usual is None or baseline is None else _numbers(as_json(usual), baseline),
        "so_far": None if incident is None else _numbers(as_json(telemetry.business(incident)), incident),
        "so_far_is_over": incident is not None and _is_over(session),
        "verdict": business_verdict(current, usual),
    }


def _is_over(session: Session) -> bool:
    """Whether the incident as it was has ended, as its window does: at the first fix, or at the first load test."""
    return session.moments.fixed_at is not None or session.moments.first_load_at is not None


def _numbers(business: dict[str, Any], window: Window) -> dict[str, Any]:
    attempts = business["attempts"]
    return {
        "window": [window.start_s, window.end_s],
        **business,
        "lost_share": min(1.0, business["lost"] / attempts) if attempts else None,
    }
