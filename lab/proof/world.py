"""The world that scenarios speak of: services, their settings and routes, edges; read, never started."""

import hashlib
import json
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from lab.core.errors import EnvironmentLacks
from lab.runtimes.service_files import ServiceFile, service_files, services_dir
from lab.scenario.lint import ServiceFacts, SettingFacts, World

# The services are not imported here: another process builds each and prints its OpenAPI paths.
_PRINT_ROUTES = """
import importlib, json, sys
found = {}
for name, factory in json.loads(sys.stdin.read()).items():
    module, _, function = factory.partition(":")
    paths = getattr(importlib.import_module(module), function)().openapi()["paths"]
    found[name] = sorted(f"{method.upper()} {path}" for path, operations in paths.items() for method in operations)
print(json.dumps(found))
"""


@cache
def world(cache_dir: Path, commands: frozenset[str] = frozenset()) -> World:
    """What there is. `cache_dir` keeps the routes, which take seconds to find out; `commands` are those of `lab`."""
    files = service_files()
    routes = _routes(files, cache_dir)
    services = {
        name: ServiceFacts(
            settings={
                setting: SettingFacts(str(about["type"]), tuple(about.get("choices", ())))
                for setting, about in one.settings.items()
            },
            routes=frozenset(routes.get(name, ())),
            third_party=one.third_party,
        )
        for name, one in files.items()
    }
    edges = frozenset(f"{one.name}->{callee}" for one in files.values() for callee in one.edges)
    return World(services, edges, commands)


def _routes(files: Mapping[str, ServiceFile], cache_dir: Path) -> dict[str, list[str]]:
    kept = cache_dir / f"routes-{_fingerprint()}.json"
    try:
        return dict(json.loads(kept.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        found = _printed(files)
    try:
        cache_dir.mkdir(parents=True, exist_ok=True)
        for old in cache_dir.glob("routes-*.json"):
            old.unlink(missing_ok=True)
        part = kept.with_suffix(".part")
        part.write_text(json.dumps(found), encoding="utf-8")
        part.replace(kept)
    except OSError:
        pass  # it is found out again next time
    return found


def _printed(files: Mapping[str, ServiceFile]) -> dict[str, list[str]]:
    asked = {name: _factory(name) for name in files}
    done = subprocess.run(  # noqa: S603 - this interpreter and a program of ours
        [sys.executable, "-P", "-c", _PRINT_ROUTES],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or ["no reason given"]
        raise EnvironmentLacks(f"The services do not tell their routes: {last[0]}", "Install faultlab again.")
    return dict(json.loads(done.stdout))


def _factory(service: str) -> str:
    written = tomllib.loads((services_dir() / service / "service.toml").read_text(encoding="utf-8"))
    return str(written["factory"])


def _fingerprint() -> str:
    digest = hashlib.sha256()
    for path in _sources():
        digest.update(f"{path.name}:{path.stat().st_size}:{path.stat().st_mtime_ns};".encode())
    return digest.hexdigest()[:12]


def _sources() -> Iterable[Path]:
    return sorted(path for path in services_dir().rglob("*") if path.suffix in (".py", ".toml", ".json"))
