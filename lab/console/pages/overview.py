"""The overview: how the front door does, what it costs, and one click down every service and every edge."""

import asyncio
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from lab.console.gauges import readings
from lab.console.notebook import keeps
from lab.console.pages import incident
from lab.console.rendering import Parts
from lab.console.sessions import session_of
from lab.console.windows import window_or_lately
from lab.core.window import Window
from lab.probes import command
from lab.session import detail, overview
from lab.session.session import Session
from lab.session.states import ENDED
from lab.telemetry import Scope

router = APIRouter(include_in_schema=False)
OVER_S = 300.0
"""How much of the past the charts show beside the present."""


@router.get("/incident/overview")
async def show(
    request: Request,
    service: incident.Text = None,
    edge: incident.Text = None,
    route: incident.Text = None,
    since: incident.Text = None,
    until: incident.Text = None,
) -> Response:
    """The gateway first; any service, edge or route by the address."""
    session = session_of(request)
    context: dict[str, Any] = {}
    if session.state not in ENDED:
        context = await asyncio.to_thread(seen, session, service, edge, route, since, until)
    watch = f"overview{'?' + request.url.query if request.url.query else ''}"
    return await incident.tab(request, "overview", "incident/overview.html", watch=watch, **context)


async def watched(session: Session, query: Mapping[str, str]) -> tuple[dict[str, Any], Parts]:
    """The whole page, a second later."""
    context, parts = await incident.watched(session, query)
    names = ("service", "edge", "route", "since", "until")
    seen_now = await asyncio.to_thread(seen, session, *(query.get(name) or None for name in names))
    more = {name: f"incident/parts/{name}.html" for name in ("looking", "panels", "everything")}
    return context | seen_now | {"tab": "overview"}, parts | more


def seen(
    session: Session, service: str | None, edge: str | None, route: str | None, since: str | None, until: str | None
) -> dict[str, Any]:
    """Everything the page shows of one scope over one span of time; the same a second later is its next state."""
    chosen = since is not None or until is not None
    window = window_or_lately(session, since, until)
    now = session.clock.now()
    over = window if chosen else overview.lately(session, OVER_S)
    step = detail.nice_step(over.seconds)
    over = detail.whole_steps(over, step, now)
    quiet = session.system.customers is None
    scope = Scope(service=service or (None if edge else "gateway"), edge=edge, route=route)
    if not quiet and (service or edge or route):
        scope = overview.known_scope(session, service, edge, route)
    whole = overview.overview(session, window)
    return {
        "chosen": chosen,
        "quiet": quiet,
        "scope": scope,
        "scope_query": {"service": service, "edge": edge, "route": route},
        "time_query": {"since": since, "until": until},
        "window": [window.start_s, window.end_s],
        "spans": incident.spans(session, since, until, "Now"),
        "baseline_band": _inside(session.window("baseline"), over),
        "detail": detail.detail(session, scope, window, step, over),
        "orders": detail.orders(session, over, step),
        "heat": detail.heatmap(session, scope, over, step),
        "all": whole,
        "gauges": {one["service"]: readings(one["saturation"]) for one in whole["services"]},
        "command": _command(scope, since, until),
        "probes": _probes(scope) if keeps(session) else dict.fromkeys(_probes(scope)),
    }


def _inside(window: Window | None, over: Window) -> list[float] | None:
    if window is None or window.overlap(over).seconds <= 0:
        return None
    seen = window.overlap(over)
    return [seen.start_s, seen.end_s]


def _command(scope: Scope, since: str | None, until: str | None) -> str:
    options: dict[str, Any] = {"service": scope.service, "edge": scope.edge, "route": scope.route}
    for name, value in (("since", since), ("until", until)):
        options[name] = value.removeprefix("-") if value else None
    return command("metrics", **options)


def _probes(scope: Scope) -> dict[str, Any]:
    """What is kept as evidence by each panel's button: the probe that measures what it shows."""
    about = {name: value for name in ("service", "edge", "route") if (value := getattr(scope, name))}
    return {
        "rate": {"rate": about},
        "errors": {"error_rate": about},
        "duration": {"latency": {**about, "percentile": 95}},
        "orders": {"orders_lost": {}},
    }
