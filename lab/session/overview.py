"""The overview: every service and edge with its verdict, saturation, and what the customers notice."""

from typing import Any

from lab.core.errors import NotFound, did_you_mean
from lab.core.window import Window
from lab.questions.measured import LATELY_S
from lab.session.session import Session
from lab.telemetry import Scope, as_json
from lab.telemetry.verdict import business_verdict, findings, health, red_verdict

SATURATION = (
    "db_pool_in_use",
    "db_pool_size",
    "db_pool_waiting",
    "http_client_pool_in_use",
    "http_client_pool_size",
    "http_server_active_requests",
    "orders_outbox_pending",
    "orders_outbox_oldest_age_seconds",
    "gateway_breaker_open",
)


def lately(session: Session, seconds: float = LATELY_S) -> Window:
    """The last half minute of the run, or as many seconds."""
    window = session.named_windows()["all"]
    return Window(max(window.start_s, window.end_s - seconds), window.end_s)


def known_scope(session: Session, service: str | None, edge: str | None, route: str | None) -> Scope:
    """A scope of this system; NotFound with a suggestion for a name it does not have."""
    telemetry = session.telemetry
    for given, known, noun in ((service, telemetry.services(), "service"), (edge, telemetry.edges(), "edge")):
        if given is not None and given not in known:
            hint = f"{did_you_mean(given, known)}Seen so far: {', '.join(known) or 'none yet'}."
            raise NotFound(f"There is no {noun} {given!r}.", hint)
    scope = Scope(service=service or ("gateway" if edge is None else None), edge=edge, route=route)
    if route is not None:
        routes = telemetry.routes(Scope(service=scope.service, edge=scope.edge))
        if route not in routes:
            hint = f"{did_you_mean(route, routes)}Seen so far: {', '.join(routes) or 'none yet'}."
            raise NotFound(f"{scope.service or scope.edge} has no route {route!r}.", hint)
    return scope


def overview(session: Session, window: Window) -> dict[str, Any]:
    """Everything the first screen shows, over one window, compared with the baseline."""
    telemetry = session.telemetry
    baseline = session.window("baseline")
    business = telemetry.business(window)
    usual = telemetry.business(baseline) if baseline is not None else None
    return {
        "window": [window.start_s, window.end_s],
        "baseline_window": None if baseline is None else [baseline.start_s, baseline.end_s],
        "services": [
            {
                "service": name,
                **red_of(session, Scope(service=name), window),
                "saturation": _saturation(session, name),
            }
            for name in telemetry.services()
        ],
        "edges": [
            {
                "edge": name,
                **(told := red_of(session, Scope(edge=name), window)),
                "retries_per_s": telemetry.retries(Scope(edge=name), window) / max(window.seconds, 1e-9),
                "status_429_per_s": told["red"]["statuses"].get("429", 0) / max(window.seconds, 1e-9),
            }
            for name in telemetry.edges()
        ],
        "business": as_json(business),
        "baseline_business": None if usual is None else as_json(usual),
        "verdict": business_verdict(business, usual),
        "records": _records(session),
    }


def _records(session: Session) -> dict[str, Any]:
    """What is kept of logs and spans, and what had to be let go."""
    stats = session.store.stats()
    return {
        "logs": stats.logs,
        "spans": stats.spans,
        "shed": stats.logs_shed + stats.spans_shed,
        "evicted": stats.evicted,
        "error": stats.error,
    }


def red_of(session: Session, scope: Scope, window: Window) -> dict[str, Any]:
    """The numbers of a window, those of the baseline, and what stands out."""
    telemetry = session.telemetry
    red = telemetry.red(scope, window)
    baseline = session.window("baseline")
    usual = telemetry.red(scope, baseline) if baseline is not None else None
    earlier, later = (telemetry.red(scope, half) for half in window.halves())
    return {
        "red": as_json(red),
        "baseline": None if usual is None else as_json(usual),
        "verdict": red_verdict(red, usual, earlier, later),
        "findings": as_json(findings(red, usual, earlier, later)),
        "health": health(red, usual),
    }


def _saturation(session: Session, service: str) -> dict[str, float]:
    found = {}
    for name in session.telemetry.gauges(service):
        if name.partition("{")[0] in SATURATION:
            value = session.telemetry.gauge_last(service, name)
            if value is not None:
                found[name] = value
    return found
