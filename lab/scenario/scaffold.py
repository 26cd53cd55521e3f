"""A folder to begin a scenario with: a commented one, or a copy of another."""

import json
import re
import shutil
from pathlib import Path

from lab.core.errors import EnvironmentLacks, UsageError
from lab.scenario.lint.head import MARK
from lab.scenario.load import Scenario
from lab.scenario.schema import schema

TEMPLATE = Path(__file__).with_name("template")
SCHEMA = "scenario.schema.json"
_NAME = re.compile(r"^[a-z][a-z0-9-]{1,40}$")
_TITLE = re.compile(r"^title: *(.+)$", re.MULTILINE)
LONGEST_TITLE = 80


def write(folder: Path, like: Scenario | None = None) -> Path:
    """Write the folder, and the schema beside it for all scenarios there; returns the scenario file.

    UsageError when the name is none or the folder exists, EnvironmentLacks when it cannot be written.
    """
    if not _NAME.match(folder.name):
        raise UsageError(
            f"{folder.name!r} cannot be a scenario's name.",
            "Use small letters, digits and hyphens, as in our-campaign.",
        )
    if folder.exists():
        raise UsageError(f"{folder} exists already.", "Choose another name, or remove it first.")
    source = TEMPLATE if like is None else like.path
    try:
        folder.mkdir(parents=True)
        for path in sorted(source.iterdir()):
            if path.is_file() and not path.is_symlink():
                shutil.copyfile(path, folder / path.name)
        file = folder / "scenario.yaml"
        file.write_text(_adapted(file.read_text(encoding="utf-8"), like), encoding="utf-8")
        (folder.parent / SCHEMA).write_text(json.dumps(schema(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise EnvironmentLacks(f"{folder} cannot be written: {reason}.", "Choose another place.") from None
    return file


def _adapted(text: str, like: Scenario | None) -> str:
    """The schema at the place where it is now, and a title of its own."""
    lines = text.splitlines(keepends=True)
    if lines[0].startswith(MARK):
        lines = lines[1:]
    text = f"{MARK}../{SCHEMA}\n" + "".join(lines)
    if like is None:
        return text
    title = f"Like {like.file.title[0].lower()}{like.file.title[1:]}"
    return _TITLE.sub(lambda _old: f"title: {json.dumps(title[:LONGEST_TITLE], ensure_ascii=False)}", text, count=1)
