"""settings.md: what can be set in each service while it runs, from its service.toml."""

import tomllib
from pathlib import Path
from typing import Any

from generators.markdown import code, page, table

SERVICES = Path(__file__).parents[2] / "services"

INTRO = """Every setting can be changed while the service runs; the next request sees it. In a scenario that is the
change [`setting`](kinds.md#setting) or, together with a version, [`release`](kinds.md#release). A third party
sends no telemetry: what a learner knows of it is what it answers and what it publishes."""


def pages() -> dict[str, str]:
    """The one page."""
    manifests = [tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(SERVICES.glob("*/service.toml"))]
    return {"settings.md": page("Settings of the services", INTRO, *(_service(one) for one in manifests))}


def _service(manifest: dict[str, Any]) -> str:
    calls = list(manifest.get("edges", {})) + (["database"] if "database" in manifest else [])
    about = f"{manifest['description']} Release {manifest['version']}."
    if calls:
        about += f" Calls: {', '.join(calls)}."
    if manifest["third_party"]:
        about += " A third party."
    rows = [_setting(name, one) for name, one in manifest.get("settings", {}).items()]
    title = f"## {manifest['name']}"
    return "\n\n".join([title, about, table(["setting", "type", "unit", "default", "meaning"], rows)])


def _setting(name: str, setting: dict[str, Any]) -> list[str]:
    kind = " or ".join(code(one) for one in setting["choices"]) if "choices" in setting else setting["type"]
    default = setting["default"]
    shown = str(default).lower() if isinstance(default, bool) else str(default)
    return [code(name), kind, setting.get("unit", ""), code(shown) if shown else "empty", setting["description"]]
