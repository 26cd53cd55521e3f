"""How full a service is, in words: measured values that belong together, such as connections in use and how many."""

import re
from dataclasses import dataclass

from lab.core import words

_NAME = re.compile(r'([^{]+)(?:\{.*?="?([^",}]*)"?.*\})?')


@dataclass(frozen=True, slots=True)
class Reading:
    """One line: what it is, its value in words, how full (0 to 1) where there is a most, and the gauge to ask for."""

    title: str
    text: str
    full: float | None
    gauge: str


def readings(saturation: dict[str, float]) -> list[Reading]:
    """The lines of one service, in a stable order; a gauge that nobody knows shows under its own name."""
    sizes = {name: value for name, value in saturation.items() if "_pool_size" in name}
    found = []
    for name, value in sorted(saturation.items()):
        if name in sizes:
            continue
        match = _NAME.fullmatch(name)
        plain, peer = (match[1], match[2] or "") if match else (name, "")
        size = sizes.get(name.replace("_pool_in_use", "_pool_size")) if "_pool_in_use" in name else None
        found.append(_reading(name, plain, peer, value, size))
    return found


def _reading(name: str, plain: str, peer: str, value: float, size: float | None) -> Reading:
    if size is not None:
        whose = "Database connections" if plain.startswith("db_") else f"Connections to {peer or 'others'}"
        return Reading(whose, f"{value:g} of {size:g} in use", min(1.0, value / size) if size else None, name)
    match plain:
        case "db_pool_waiting":
            return Reading("Waiting for a database connection", words.count(value), None, name)
        case "http_server_active_requests":
            return Reading("Requests being answered", words.count(value), None, name)
        case "orders_outbox_pending":
            return Reading("Orders waiting to be paid", words.count(value), None, name)
        case "orders_outbox_oldest_age_seconds":
            return Reading("The oldest of them waits", words.duration(value), None, name)
        case "gateway_breaker_open":
            return Reading(
                f"Circuit breaker to {peer or 'the next service'}", "open" if value else "closed", None, name
            )
    return Reading(name, f"{value:g}", None, name)
