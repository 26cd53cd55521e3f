"""Names of services, settings, edges and routes: only what exists does anything."""

from collections.abc import Iterator
from typing import Any

from lab.core.errors import UsageError, did_you_mean
from lab.rules.rule import Rule
from lab.scenario.lint.reading import Finding, Keys, Reading, ServiceFacts
from lab.telemetry.language import parse

NOT_NAMES = frozenset({"parameters", "history"})
"""Parts of the file in which `service` may be anything, e.g. marketing."""
SEARCHES = ("log", "trace", "where")
TYPES: dict[str, tuple[type, ...]] = {
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "text": (str,),
    "choice": (str,),
}


def findings(reading: Reading) -> Iterator[Finding]:
    """Every name that does not exist, and every value that a setting cannot have."""
    for path, mapping in reading.mappings(leave_out=NOT_NAMES):
        yield from _scope(reading, path, mapping)
        for key in ("setting", "release"):
            if isinstance(mapping.get(key), dict) and "service" in mapping[key]:
                yield from _settings(reading, (*path, key), mapping[key])
        for key in SEARCHES:
            if isinstance(mapping.get(key), str):
                yield from _search(reading, (*path, key), mapping[key])
        if isinstance(mapping.get("rule"), dict):
            yield from _rule(reading, path, mapping)
        traffic = mapping.get("traffic")
        if isinstance(traffic, dict) and "up_to" in traffic and path[:1] != ("faults",):
            yield Finding((*path, "traffic", "up_to"), "`up_to` does something in a fault only", "Say `multiply`.")


def _unknown(path: Keys, noun: str, name: str, known: Any) -> Finding:
    names = sorted(known)
    hint = f"{did_you_mean(name, names)}Known: {', '.join(names)}."
    return Finding(path, f"there is no {noun} {name!r}", hint)


def _scope(reading: Reading, path: Keys, mapping: dict[str, Any]) -> Iterator[Finding]:
    world, service, edge = reading.world, mapping.get("service"), mapping.get("edge")
    routes: frozenset[str] | None = None
    if isinstance(service, str):
        if service not in world.services:
            yield _unknown((*path, "service"), "service", service, world.services)
        else:
            facts = world.services[service]
            routes = facts.routes
            if facts.third_party and _is_measured(path):
                edges = [one for one in world.edges if one.endswith(f"->{service}")]
                yield Finding(
                    (*path, "service"),
                    f"{service!r} is another company's: nothing is measured inside it",
                    f"Measure the calls to it: {', '.join(f'`edge: {one}`' for one in edges)}.",
                )
    if isinstance(edge, str):
        known = world.edges if "rule" in mapping else world.measured
        if edge not in known:
            yield _unknown((*path, "edge"), "edge", edge, known)
        elif not edge.endswith("->database"):
            routes = world.services[edge.partition("->")[2]].routes
    route = mapping.get("route")
    if isinstance(route, str) and routes is not None and route not in routes:
        yield _unknown((*path, "route"), "route", route, routes)


def _is_measured(path: Keys) -> bool:
    return not any(key in ("setting", "release", "apply", "during_load", "setup", "faults") for key in path)


def _settings(reading: Reading, path: Keys, written: dict[str, Any]) -> Iterator[Finding]:
    facts = reading.world.services.get(str(written["service"]))
    if facts is None:
        return
    if isinstance(written.get("name"), str):
        yield from _setting(facts, (*path, "name"), (*path, "value"), written["name"], written.get("value"))
    for group in ("values", "settings"):
        for name, value in (written.get(group) or {}).items() if isinstance(written.get(group), dict) else ():
            here = (*path, group, name)
            yield from _setting(facts, here, here, name, value)


def _setting(facts: ServiceFacts, at: Keys, value_at: Keys, name: str, value: Any) -> Iterator[Finding]:
    known = facts.settings.get(name)
    if known is None:
        yield Finding(
            at,
            f"there is no setting {name!r}",
            f"{did_you_mean(name, facts.settings)}`docs/reference/settings.md` lists all.",
        )
        return
    fits = TYPES.get(known.type)
    wrong = fits is not None and (not isinstance(value, fits) or (isinstance(value, bool) and known.type != "boolean"))
    if wrong or (known.choices and value not in known.choices):
        wanted = f"one of {', '.join(known.choices)}" if known.choices else f"of type {known.type}"
        yield Finding(value_at, f"{name} cannot be {value!r}", f"It is {wanted}.")


def _search(reading: Reading, path: Keys, query: str) -> Iterator[Finding]:
    try:
        terms = parse(query).terms
    except UsageError as error:
        yield Finding(path, error.what, error.hint)
        return
    services = {*reading.world.services, "database"}
    for term in terms:
        exact = term.op == ":" and not term.wild and not term.negated
        if exact and term.field in ("service", "peer.service") and term.value not in services:
            yield _unknown(path, "service", term.value, services)
        known = reading.world.services.get(term.value) if exact and term.field == "service" else None
        if known is not None and known.third_party:
            yield Finding(
                path, f"{term.value!r} writes no logs that we see", f"Search the caller's: peer:{term.value}."
            )


def _rule(reading: Reading, path: Keys, mapping: dict[str, Any]) -> Iterator[Finding]:
    edge = mapping.get("edge")
    if edge not in reading.world.edges:
        return
    try:
        wanted = Rule.read(mapping["rule"]).match.path
    except ValueError:
        return
    routes = reading.world.services[str(edge).partition("->")[2]].routes
    paths = {route.partition(" ")[2] for route in routes}
    if wanted is not None and not any(_fits(wanted, one) for one in paths):
        yield _unknown((*path, "rule", "match", "path"), "path", wanted, paths)


def _fits(pattern: str, path: str) -> bool:
    """Whether a rule's path can meet a route's: `*` at the end is anything below, braces are any one segment."""
    wanted, parts = pattern.strip("/").split("/"), path.strip("/").split("/")
    if wanted[-1] == "*":
        wanted, parts = wanted[:-1], parts[: len(wanted) - 1]
    if len(wanted) != len(parts):
        return False
    return all(
        one in ("*", part) or one.startswith("{") or part.startswith("{")
        for one, part in zip(wanted, parts, strict=True)
    )
