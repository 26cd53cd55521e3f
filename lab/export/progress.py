"""Progress as a table for spreadsheets."""

import csv
import io
import time
from collections.abc import Iterable, Mapping
from typing import Any

COLUMNS = ("at", "scenario", "title", "seed", "points", "of", "share", "passed", "verdict", "skills")


def csv_of(runs: Iterable[Mapping[str, Any]]) -> str:
    """One line a run, oldest first; `at` is local time, skills are joined by spaces."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for run in runs:
        at = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(float(run.get("at_s", 0.0))))
        row = {**run, "at": at, "skills": " ".join(run.get("skills", ()))}
        writer.writerow([_safe(row.get(name)) for name in COLUMNS])
    return text.getvalue()


def _safe(value: Any) -> Any:
    """A text that a spreadsheet would take for a formula gets a quote in front; one line stays one line."""
    if not isinstance(value, str):
        return value
    text = value.replace("\r", " ").strip()
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text
