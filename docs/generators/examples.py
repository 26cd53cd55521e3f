"""An example of each kind: its own, or how a shipped scenario writes it, or one from here."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import yaml

from lab.changes import changes
from lab.core.registry import Kind, Registry
from lab.probes import probes
from lab.questions import questions
from lab.rules import EdgeRule
from lab.scenario.catalog import find, listed

# For kinds that no shipped scenario uses yet; read by the registry, so that they cannot be wrong.
WRITTEN: dict[Registry[Any], tuple[dict[str, Any], ...]] = {
    changes: (
        {
            "edge": {
                "edge": "orders->partner",
                "rule": {"latency": {"median": "2s", "p99": "4s"}, "match": {"method": "POST", "share": "50%"}},
            }
        },
    ),
    probes: (
        {"gauge": {"service": "orders", "name": "db_pool_waiting", "above": 5}},
        {"log_count": {"where": "service:orders event:payment.refused", "above": 20}},
        {"pending_age": {"below": "30s"}},
        {"rate": {"edge": "orders->partner", "above": "10/s"}},
        {"retries": {"edge": "orders->partner", "above": "5/s"}},
        {"revenue": {"above": 1000}},
        {"status_rate": {"edge": "orders->partner", "status": 429, "above": "2/s"}},
    ),
    questions: (
        {
            "order": {
                "steps": ["Stop the new calls", "Let the queue drain", "Let calls in again, a few at a time"],
                "because": "a full queue feeds on new calls",
            }
        },
    ),
}
ENOUGH = 260
TOO_LONG = 1200


def of(kind: type[Kind]) -> str:
    """The richest example that is still short, as YAML; empty when there is none."""
    if issubclass(kind, EdgeRule):
        written = [{kind.kind(): kind.example}]
    else:
        written = [one for one, made in _used() if type(made) is kind] or _made(kind)
    texts = sorted((_yaml(one) for one in written), key=lambda text: (len(text), text))
    short = [text for text in texts if len(text) <= ENOUGH]
    return short[-1] if short else next((text for text in texts if len(text) <= TOO_LONG), "")


def _yaml(written: dict[str, Any]) -> str:
    return yaml.safe_dump(written, default_flow_style=None, sort_keys=False, width=110, allow_unicode=True)


def _made(kind: type[Kind]) -> list[dict[str, Any]]:
    return [one for registry, all_ in WRITTEN.items() for one in all_ if type(registry.read(one)) is kind]


@cache
def _used() -> tuple[tuple[dict[str, Any], Kind], ...]:
    """Every kind in the shipped scenarios: as written, and as read."""
    found = []
    for one in listed():
        if one.source == "shipped":
            scenario = find(one.id)
            found += _pairs(scenario.tree.value, _kinds(scenario.file))
    return tuple(found)


def _pairs(raw: Any, made: list[Kind]) -> Iterator[tuple[dict[str, Any], Kind]]:
    """Places in the file where one of the kinds stands; those with a drawn value are left out."""
    items = raw.items() if isinstance(raw, dict) else enumerate(raw) if isinstance(raw, list) else ()
    for key, inner in items:
        for kind in made:
            if isinstance(raw, dict) and key == kind.kind() and _reads_as(inner, kind):
                yield {str(key): inner}, kind
                break
        yield from _pairs(inner, made)


def _reads_as(written: Any, kind: Kind) -> bool:
    try:
        return type(kind).model_validate({} if written is None else written) == kind
    except ValueError:
        return False


def _kinds(value: Any) -> list[Kind]:
    """Every kind inside a scenario file."""
    found = [value] if isinstance(value, Kind) else []
    if hasattr(value, "model_fields"):
        value = [getattr(value, name) for name in type(value).model_fields]
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return found + [kind for one in inside for kind in _kinds(one)]
