"""What the process is told on the first line of its standard input."""

import json
from dataclasses import dataclass, field, fields
from typing import Any

from lab.core.errors import UsageError, did_you_mean
from lab.proxy.edge import Timeouts


@dataclass(frozen=True, slots=True)
class EdgeConfig:
    """One edge: where to listen (0: any free port below 32768) and where it leads."""

    name: str
    host: str
    port: int
    listen: int = 0


@dataclass(frozen=True, slots=True)
class Config:
    """All edges, and who may change their rules."""

    token: str
    edges: tuple[EdgeConfig, ...]
    control_port: int = 0
    bind: str = "127.0.0.1"
    """The address the edges listen on."""
    control_bind: str = "127.0.0.1"
    exit_with_parent: bool = False
    loop: str = "uvloop"
    """`asyncio` to do without uvloop."""
    timeouts: Timeouts = field(default_factory=Timeouts)


def read_config(line: bytes) -> Config:
    """The configuration; UsageError when it is not one."""
    try:
        written = json.loads(line)
    except ValueError as error:
        raise UsageError(f"The first line of standard input is not JSON: {error}.", "Write one JSON object.") from None
    _check(Config, written, "the configuration")
    edges = []
    for one in written.get("edges", ()):
        _check(EdgeConfig, one, "an edge")
        edges.append(EdgeConfig(**one))
    if len({edge.name for edge in edges}) < len(edges):
        raise UsageError("Two edges have the same name.", "Give each edge its own name.")
    timeouts = written.get("timeouts", {})
    _check(Timeouts, timeouts, "the timeouts")
    return Config(**{**written, "edges": tuple(edges), "timeouts": Timeouts(**timeouts)})


def _check(kind: type[Any], written: Any, what: str) -> None:
    if not isinstance(written, dict):
        raise UsageError(f"Expected {what} as a JSON object.", "Write an object with named values.")
    known = [one.name for one in fields(kind)]
    for name in written:
        if name not in known:
            hint = f"{did_you_mean(name, known)}Known: {', '.join(known)}."
            raise UsageError(f"There is no {name!r} in {what}.", hint)
    needed = {"token", "edges"} if kind is Config else {"name", "host", "port"} if kind is EdgeConfig else set()
    for name in sorted(needed - written.keys()):
        raise UsageError(f"{name!r} is missing in {what}.", "Add it.")
