"""Progress over all runs: one JSON line each time a session's result changes; the last line of a run counts.

Sessions that go on with an interrupted one are one run with it.
"""

import json
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from lab.core.errors import EnvironmentLacks
from lab.session.journal import append

NEEDED: dict[str, Any] = {
    "session": str, "scenario": str, "title": str, "share": int | float, "passed": bool, "at_s": int | float
}  # fmt: skip


def record(path: Path, result: dict[str, Any]) -> None:
    """Append a session's present result: session, scenario, title, seed, skills, score, load, at_s."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with path.open("ab", buffering=0) as file:
            append(file, json.dumps(result, ensure_ascii=False).encode() + b"\n")
    except OSError as error:
        raise EnvironmentLacks(
            f"Your progress could not be saved: {error.strerror}.", f"Free disk space at {path.parent}."
        ) from None


def runs(path: Path) -> list[dict[str, Any]]:
    """The last result of every run, oldest first; lines that were cut off or damaged are skipped."""
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise EnvironmentLacks(
            f"Your progress in {path} cannot be read: {error.strerror}.", "Give yourself the right to read that file."
        ) from None
    last: dict[str, dict[str, Any]] = {}
    for line in lines:
        try:
            result = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(result, dict) and all(isinstance(result.get(name), kind) for name, kind in NEEDED.items()):
            began = result.get("resumes")
            last[began if isinstance(began, str) else result["session"]] = result
    return sorted(last.values(), key=lambda result: float(result["at_s"]))


def summary(path: Path) -> dict[str, Any]:
    """Runs, best score by scenario, mean best score by skill, and what was taken for what at first.

    A scenario is passed when any run of it passed, which need not be the one with the most points: passing needs an
    answer to every question.
    """
    every = runs(path)
    best: dict[str, dict[str, Any]] = {}
    tries: dict[str, int] = defaultdict(int)
    for run in every:
        tries[run["scenario"]] += 1
        if run["scenario"] not in best or run["share"] >= best[run["scenario"]]["share"]:
            best[run["scenario"]] = run
    by_skill: dict[str, list[float]] = defaultdict(list)
    for run in best.values():
        for skill in run.get("skills", ()):
            by_skill[skill].append(run["share"])
    return {
        "scenarios": [
            {
                "id": name,
                "title": run["title"],
                "best": run["share"],
                "passed": any(one["passed"] for one in every if one["scenario"] == name),
                "tries": tries[name],
                "last_at": max(one["at_s"] for one in every if one["scenario"] == name),
            }
            for name, run in sorted(best.items())
        ],
        "skills": [
            {"skill": skill, "share": round(sum(shares) / len(shares), 4), "scenarios": len(shares)}
            for skill, shares in sorted(by_skill.items())
        ],
        "confusion": _confusion(every),
        "runs": every,
    }


def _confusion(every: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """How often each cause was taken for which, right ones included; the most frequent mistakes first."""
    times = Counter((pair["was"], pair["took"]) for run in every for pair in run.get("taken", ()))
    rows = [{"was": was, "took": took, "times": count} for (was, took), count in times.items()]
    return sorted(rows, key=lambda row: (row["was"] == row["took"], -row["times"], row["was"]))
