"""service.toml: what the lab knows of a service without importing it."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from lab.core.errors import EnvironmentLacks


@dataclass(frozen=True)
class ServiceFile:
    """One service as its service.toml describes it."""

    name: str
    title: str
    version: str
    command: tuple[str, ...]
    factory: str | None
    """`module:function` that builds the application without any I/O; without it the service is never forked."""
    port: int
    health: str
    third_party: bool
    edges: Mapping[str, str]
    """Callee → the environment variable that takes its base URL."""
    database_env: str | None
    seed: tuple[str, ...]
    settings: Mapping[str, Mapping[str, Any]]


def services_dir() -> Path:
    """The folder of the installed `services` package, found without importing it."""
    spec = find_spec("services")
    if spec is None or not spec.submodule_search_locations:
        raise EnvironmentLacks("The shop's services are not installed.", "Install faultlab again.")
    return Path(next(iter(spec.submodule_search_locations)))


@cache
def service_files() -> Mapping[str, ServiceFile]:
    """Every service by name, in the order of their ports."""
    found = [read(path) for path in services_dir().glob("*/service.toml")]
    return {one.name: one for one in sorted(found, key=lambda one: one.port)}


def read(path: Path) -> ServiceFile:
    """Read one service.toml."""
    written = tomllib.loads(path.read_text(encoding="utf-8"))
    database = written.get("database", {})
    return ServiceFile(
        name=written["name"],
        title=written["title"],
        version=written["version"],
        command=tuple(written["command"]),
        factory=written.get("factory"),
        port=written["port"],
        health=written["health"],
        third_party=written.get("third_party", False),
        edges={callee: edge["env"] for callee, edge in written.get("edges", {}).items()},
        database_env=database.get("env"),
        seed=tuple(database.get("seed", ())),
        settings=written.get("settings", {}),
    )
