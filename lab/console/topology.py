"""The map: who calls whom, where each stands in a drawing, and how each call does, in words beside the line."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from lab.core import words

CUSTOMERS = "customers"
HEALTH = {
    "failing": "errors",
    "slow": "slow",
    "usual": "as usual",
    "few": "hardly any calls",
    "quiet": "no calls",
}


@dataclass(frozen=True, slots=True)
class Node:
    """A box: its name, its top left corner and size, and how the service does (empty for outsiders)."""

    name: str
    x: float
    y: float
    width: float
    height: float
    note: str
    health: str
    query: dict[str, str]


@dataclass(frozen=True, slots=True)
class Edge:
    """A line from one box to another with its words: rate, errors, p95."""

    caller: str
    callee: str
    path: str
    tip: str
    mark: tuple[float, float]
    label: tuple[float, float]
    anchor: str
    lines: tuple[str, ...]
    health: str
    says: str
    verdict: str
    query: dict[str, str]


@dataclass(frozen=True, slots=True)
class Map:
    """A drawing of a size, with boxes and lines."""

    width: float
    height: float
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of a drawing; `across` puts callers left of callees, else above them."""

    across: bool
    box: tuple[float, float]
    gap: float
    apart: float


WIDE = Shape(across=True, box=(134, 66), gap=115, apart=120)
TALL = Shape(across=False, box=(150, 62), gap=92, apart=28)


def draw(overview: dict[str, Any], shape: Shape) -> Map:
    """The map of an overview as the API answers it."""
    calls = _calls(overview)
    layers = _layers(calls)
    places = _places(layers, shape)
    services = {one["service"]: one for one in overview["services"]}
    nodes = tuple(_node(name, place, shape, services.get(name)) for name, place in places.items())
    width = max(node.x + node.width for node in nodes)
    height = max(node.y + node.height for node in nodes)
    edges = tuple(_edge(caller, callee, one, places, shape) for caller, callee, one in calls)
    return Map(width, height + (0 if shape.across else 6), nodes, edges)


def _calls(overview: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Caller, callee and numbers; customers call every service that nobody else calls."""
    calls = [(*_ends(one["edge"]), one) for one in overview["edges"]]
    called = {callee for _, callee, _ in calls}
    first = [(CUSTOMERS, one["service"], one) for one in overview["services"] if one["service"] not in called]
    return [*first, *calls]


def _ends(edge: str) -> tuple[str, str]:
    caller, _, callee = edge.partition("->")
    return caller, callee


def _layers(calls: Iterable[tuple[str, str, Any]]) -> list[list[str]]:
    """Names by the longest way from the customers to them; circles are cut.

    Whoever is called only from within a circle, or only by itself, stands where customers would call it.
    """
    pairs = [(caller, callee) for caller, callee, _ in calls]
    depth = {CUSTOMERS: 0}
    _deepen(depth, pairs)
    for name in (one for pair in pairs for one in pair):
        if name not in depth:
            depth[name] = 1
            _deepen(depth, pairs)
    layers: list[list[str]] = [[] for _ in range(max(depth.values()) + 1)]
    for name, place in sorted(depth.items(), key=lambda item: (item[1], item[0] == "database", item[0])):
        layers[place].append(name)
    return [names for names in layers if names]


def _deepen(depth: dict[str, int], pairs: list[tuple[str, str]]) -> None:
    """Put everybody who is called behind who calls them, as far as the longest way without a circle goes."""
    for _ in range(len(pairs) + 1):
        for caller, callee in pairs:
            if caller != callee and caller in depth and depth.get(callee, -1) < depth[caller] + 1 <= len(pairs):
                depth[callee] = depth[caller] + 1


def _places(layers: list[list[str]], shape: Shape) -> dict[str, tuple[float, float]]:
    size_along, size_aside = shape.box if shape.across else shape.box[::-1]
    most = max(map(len, layers))
    whole = most * size_aside + (most - 1) * shape.apart
    places = {}
    for depth, names in enumerate(layers):
        used = len(names) * size_aside + (len(names) - 1) * shape.apart
        for number, name in enumerate(names):
            along = depth * (size_along + shape.gap)
            aside = (whole - used) / 2 + number * (size_aside + shape.apart)
            places[name] = (along, aside) if shape.across else (aside, along)
    return places


def _node(name: str, place: tuple[float, float], shape: Shape, one: dict[str, Any] | None) -> Node:
    note, health, query = "", "", {}
    if one is not None:
        note, health, query = HEALTH[one["health"]], one["health"], {"service": name}
    elif name == CUSTOMERS:
        note = "who order"
    else:
        note = "another company" if name != "database" else "what is kept"
    return Node(name, *place, *shape.box, note, health, query)


def _edge(caller: str, callee: str, one: dict[str, Any], places: dict[str, tuple[float, float]], shape: Shape) -> Edge:
    (x1, y1), (x2, y2), (wide, high) = places[caller], places[callee], shape.box
    start = (x1 + wide, y1 + high / 2) if shape.across else (x1 + wide / 2, y1 + high)
    end = (x2, y2 + high / 2) if shape.across else (x2 + wide / 2, y2)
    middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
    if shape.across:
        path = (
            f"M{start[0]:g} {start[1]:g}C{middle[0]:g} {start[1]:g} {middle[0]:g} {end[1]:g} {end[0] - 9:g} {end[1]:g}"
        )
        turn = end[1] - start[1]
        label = (middle[0], middle[1] - 50) if not turn else (middle[0] - 14, middle[1] + (-42 if turn < 0 else 22))
        anchor, (tx, ty) = "end" if turn else "middle", end
        tip = f"M{tx:g} {ty:g}l-11 -6v12z"
    else:
        path = (
            f"M{start[0]:g} {start[1]:g}C{start[0]:g} {middle[1]:g} {end[0]:g} {middle[1]:g} {end[0]:g} {end[1] - 9:g}"
        )
        left = end[0] < start[0]
        turned = end[0] != start[0]
        label = (middle[0] + (-14 if left else 14), middle[1] - (34 if turned else 16))
        anchor, (tx, ty) = "end" if left else "start", end
        tip = f"M{tx:g} {ty:g}l-6 -11h12z"
    red = one["red"]
    lines = (words.rate(red["rate_rps"]), f"errors {words.share(red['error_share'])}", f"p95 {words.ms(red['p95_ms'])}")
    query = {"service": callee} if caller == CUSTOMERS else {"edge": f"{caller}->{callee}"}
    return Edge(
        caller=caller,
        callee=callee,
        path=path,
        tip=tip,
        mark=middle,
        label=label,
        anchor=anchor,
        lines=lines,
        health=one["health"],
        says=HEALTH[one["health"]],
        verdict=one["verdict"],
        query=query,
    )
