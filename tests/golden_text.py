"""Whole outputs kept as files, compared as people read them. UPDATE_GOLDEN=1 writes them anew; then read the diff."""

import os
import re
import shlex
from pathlib import Path

from lab_on_fakes import Result

GOLDEN = Path(__file__).parent / "lab" / "cli" / "golden"


def check(name: str, args: list[str], result: Result, home: Path) -> None:
    """Compare with the golden text, or write it."""
    text = f"$ lab {shlex.join(args)}\n{result.out}--- stderr\n{result.err}--- exit {result.code}\n"
    text = text.replace(str(home), "/home/you/.local/state/faultlab")
    text = re.sub(r"127\.0\.0\.1:\d+", lambda m: m[0] if m[0][-4:] in ("7700", "8000") else "127.0.0.1:PORT", text)
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")
