"""What a list says of each scenario, kept between calls: reading and checking all of them takes a second."""

import contextlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import lab
from lab.core.errors import LabError
from lab.core.whole import write_whole
from lab.scenario.catalog import Listed, listed

FIELDS = ("title", "level", "minutes", "skills", "summary")
SHOWN = (*FIELDS, "levels", "error")
UNREADABLE: dict[str, Any] = {"level": "", "minutes": 0, "skills": [], "summary": "", "levels": []}


def rows(dirs: Sequence[Path], cache: Path | None) -> list[dict[str, Any]]:
    """Every scenario that can be started; one that cannot be read is listed with its `error`.

    A folder is read again when one of its files, or the lab's version, changed. `cache` is a folder to remember in.
    """
    file = None if cache is None else cache / "scenarios.json"
    known = _remembered(file)
    found, keep = [], {}
    for one in listed(dirs):
        mark = _mark(one.path)
        about = known.get(str(one.path))
        if about is None or about.get("mark") != mark or not about.keys() >= {*SHOWN}:
            about = {"mark": mark, **_read(one)}
        if about["error"] is None:
            keep[str(one.path)] = about
        found.append({"id": one.id, "source": one.source, **{name: about[name] for name in SHOWN}})
    if file is not None and keep != known:
        _remember(file, keep)
    return found


def _read(one: Listed) -> dict[str, Any]:
    from lab.scenario.load import load
    from lab.scenario.variants import levels_of

    try:
        scenario = load(one.path)
        file, levels = scenario.file, levels_of(scenario)
    except LabError as error:
        return {"title": one.id, **UNREADABLE, "error": error.what}
    return {name: file.model_dump(include={name})[name] for name in FIELDS} | {"levels": levels, "error": None}


def _mark(folder: Path) -> str:
    """Changes whenever a file of the folder does."""
    with contextlib.suppress(OSError):
        files = sorted(folder.iterdir())
        stats = [(path.name, path.stat()) for path in files]
        return f"{lab.__version__} " + " ".join(f"{name}:{one.st_mtime_ns}:{one.st_size}" for name, one in stats)
    return ""


def _remembered(file: Path | None) -> dict[str, Any]:
    if file is None:
        return {}
    try:
        known = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _remember(file: Path, rows: dict[str, Any]) -> None:
    with contextlib.suppress(OSError):  # then it is read again next time
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, json.dumps(rows))
