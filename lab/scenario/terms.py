"""The glossary: terms of the field in plain words, each with a question worth asking."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from lab.core.errors import NotFound, did_you_mean

SOURCE = Path(__file__).with_name("terms.yaml")


def terms() -> list[str]:
    """Every explained term, sorted."""
    return sorted(_load())


def term(name: str) -> dict[str, Any]:
    """`term`, `short`, `long`, `ask` and `see` of a term or another spelling of it; NotFound with a suggestion."""
    known = _spellings()
    plain = " ".join(name.casefold().split())
    found = known.get(plain) or known.get(plain.replace("-", " ")) or known.get(plain.rstrip("s"))
    if found is None:
        hint = f"{did_you_mean(plain, known)}See all terms: `lab explain`"
        raise NotFound(f"{name.strip()[:40]!r} is not explained here.", hint)
    return {"term": found, **_load()[found]}


@cache
def _load() -> dict[str, dict[str, Any]]:
    written = yaml.load(SOURCE.read_text(encoding="utf-8"), Loader=_loader())  # noqa: S506  # a safe loader, see below
    return {
        str(name): {
            "short": entry["short"],
            "long": entry["long"],
            "ask": entry["ask"],
            "see": [str(other) for other in entry.get("see", ())],
            "also": [str(other) for other in entry.get("also", ())],
        }
        for name, entry in written.items()
    }


def _loader() -> Any:
    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C one is ten times as fast


@cache
def _spellings() -> dict[str, str]:
    found: dict[str, str] = {}
    for name, entry in _load().items():
        for spelling in (name, *entry["also"]):
            found.setdefault(spelling.casefold(), name)
    return found
