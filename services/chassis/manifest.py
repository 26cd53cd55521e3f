"""What a service's `service.toml` says about it: name, version, port, settings."""

import tomllib
from dataclasses import dataclass
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True)
class Manifest:
    """One `service.toml`; `settings` is its table of settings as written."""

    name: str
    title: str
    description: str
    version: str
    port: int
    third_party: bool
    settings: dict[str, dict[str, Any]]


def read_manifest(name: str) -> Manifest:
    """The manifest of `services/<name>/`."""
    written = tomllib.loads(files(f"services.{name}").joinpath("service.toml").read_text(encoding="utf-8"))
    return Manifest(
        name=written["name"],
        title=written["title"],
        description=written["description"],
        version=written["version"],
        port=written["port"],
        third_party=written["third_party"],
        settings=written.get("settings", {}),
    )
