"""The world that scenarios speak of: services, their settings and routes, edges; read, never started."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

from lab.runtimes.contracts import contracts
from lab.runtimes.service_files import service_files, services_dir
from lab.runtimes.wiring import edges_of
from lab.scenario.lint import ServiceFacts, SettingFacts, World


@cache
def world(cache_dir: Path, commands: frozenset[str] = frozenset()) -> World:
    """What there is. `cache_dir` keeps the routes, which take seconds to find out; `commands` are those of `lab`."""
    files = service_files()
    routes = _routes(list(files), cache_dir)
    services = {
        name: ServiceFacts(
            settings={
                setting: SettingFacts(str(about["type"]), tuple(about.get("choices", ())))
                for setting, about in one.settings.items()
            },
            routes=frozenset(routes.get(name, ())),
            third_party=one.third_party,
            database=one.database_env is not None,
        )
        for name, one in files.items()
    }
    return World(services, frozenset(edges_of(files)), commands)


def _routes(names: Sequence[str], cache_dir: Path) -> dict[str, list[str]]:
    kept = cache_dir / f"routes-{_fingerprint()}.json"
    try:
        return dict(json.loads(kept.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        found = _documented(names)
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


def _documented(names: Sequence[str]) -> dict[str, list[str]]:
    """The routes that each service's OpenAPI document tells."""
    return {
        name: sorted(f"{method.upper()} {path}" for path, methods in document["paths"].items() for method in methods)
        for name, document in contracts(names).items()
    }


def _fingerprint() -> str:
    digest = hashlib.sha256()
    for path in _sources():
        digest.update(f"{path.name}:{path.stat().st_size}:{path.stat().st_mtime_ns};".encode())
    return digest.hexdigest()[:12]


def _sources() -> Iterable[Path]:
    return sorted(path for path in services_dir().rglob("*") if path.suffix in (".py", ".toml", ".json"))
