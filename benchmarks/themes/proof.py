"""How long the proof of each shipped scenario takes, with nothing else running, and where the time goes."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.harness import ROOT, Effort, Row, Theme
from benchmarks.whole_lab import Lab, why

TITLE = "Proofs: one scenario alone"
BUDGET_S = 60.0
LONGER_S = {"full-table-scan": 90.0}
"""Scenarios whose incident is the processors' own work: docs/decisions/0015-a-minute-for-a-proof.md."""
CHEAPEST = "first-request"
WITHIN_S = 600
SHOWN = 3
"""Steps named beside a proof: those that took longest."""


def measure(effort: Effort) -> Theme:
    """Each scenario proved once, one after the other, whatever the rounds: together they take a quarter of an hour."""
    theme = Theme(TITLE, [], ("scenario", "proof", "judging steps", "the rest", "longest steps", "held"))
    with tempfile.TemporaryDirectory(prefix="bench-proof-") as home:
        env = {**os.environ, "LAB_HOME": home, "PYTHONPATH": str(ROOT)}
        _prepare(Path(home))
        for name in [CHEAPEST] if effort.quick else _shipped(env):
            print(f"  {name} …", file=sys.stderr, flush=True)
            try:
                proof = _proved(name, env)
            except RuntimeError as error:  # one that cannot be run must not cost the others their minutes
                theme.rows.append(Row(f"the proof of `{name}`", "not to be had", str(error), _budget(name), False))
                continue
            theme.raw[name] = {
                "seconds": proof["seconds"], "ok": proof["ok"], "steps": _steps(proof), "failed": _failed(proof)
            }  # fmt: skip
            theme.rows.append(_row(proof))
            theme.table.append(_line(proof))
    theme.notes = [
        "Each was proved once, with the first seed, after the usual database had been prepared",
        "*Judging steps* are those of the lab in which everything but the fixes is judged; *the rest* is what they do "
        "not time: labs that start, and the labs in which one fix each is tried, whose load tests go on after them",
    ]
    return theme


def where(proof: Mapping[str, Any]) -> tuple[float, float]:
    """Seconds of the judging steps, and seconds of the proof beyond them."""
    judging_s = sum(_steps(proof).values())
    return judging_s, max(0.0, proof["seconds"] - judging_s)


def longest(proof: Mapping[str, Any]) -> Sequence[tuple[str, float]]:
    """The steps that took longest, the longest first; none that took less than a second."""
    steps = sorted(_steps(proof).items(), key=lambda one: -one[1])
    return [(name, seconds) for name, seconds in steps[:SHOWN] if seconds >= 1]


def _budget(name: str) -> str:
    return f"≤ {LONGER_S.get(name, BUDGET_S):.0f} s"


def _row(proof: Mapping[str, Any]) -> Row:
    name, rest = str(proof["scenario"]), f"{where(proof)[1]:.0f} s of it outside the judging steps"
    return Row(
        f"the proof of `{name}`",
        f"{proof['seconds']:.0f} s",
        rest if proof["ok"] else f"a step did not hold; {rest}",
        _budget(name),
        bool(proof["ok"]) and proof["seconds"] <= LONGER_S.get(name, BUDGET_S),
    )


def _line(proof: Mapping[str, Any]) -> tuple[str, ...]:
    judging_s, rest_s = where(proof)
    failed = [step["name"] for step in proof["steps"] if step["state"] != "ok"]
    return (
        str(proof["scenario"]),
        f"{proof['seconds']:.1f} s",
        f"{judging_s:.1f} s",
        f"{rest_s:.1f} s",
        ", ".join(f"{name} {seconds:.1f} s" for name, seconds in longest(proof)),
        f"**not: {', '.join(failed)}**" if failed else "yes",
    )


def _steps(proof: Mapping[str, Any]) -> dict[str, float]:
    return {str(step["name"]): float(step["seconds"]) for step in proof["steps"]}


def _failed(proof: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The figures that were not as they must be, with what was seen instead."""
    return [row for step in proof["steps"] for row in step["rows"] if not row["ok"]]


def _shipped(env: Mapping[str, str]) -> list[str]:
    done = subprocess.run([*_LAB, "list", "--json"], env=env, capture_output=True, check=True, timeout=60)
    return [one["id"] for one in json.loads(done.stdout) if one["source"] == "shipped"]


def _prepare(home: Path) -> None:
    """The database of the shop, which a lab prepares once and most proofs copy."""
    lab = Lab(home / "cache")
    try:
        lab.start()
        shutil.copytree(lab.home / "cache", home / "cache")
    finally:
        lab.stop()


def _proved(name: str, env: Mapping[str, str]) -> dict[str, Any]:
    """What the proof found. It ends with 1 when a step does not hold, which is a finding as well."""
    words = [*_LAB, "scenario", "prove", name, "--json"]
    try:
        done = subprocess.run(words, env=env, capture_output=True, check=False, timeout=WITHIN_S)
    except subprocess.TimeoutExpired:
        raise RuntimeError(f"it did not end within {WITHIN_S} s") from None
    try:
        return dict(json.loads(done.stdout)["proofs"][0])
    except (ValueError, KeyError, IndexError):
        raise RuntimeError(why(done)) from None


_LAB = [sys.executable, "-m", "lab.cli"]
