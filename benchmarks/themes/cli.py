"""How long a person waits for `lab --help`, beside a bare interpreter and beside click alone."""

import os
import resource
import statistics
import subprocess
import sys
import time

from benchmarks.harness import ROOT, SERVER_CORE, Effort, Row, Theme, placed, ratio, take_turns

TITLE = "Command line: the first answer"
BARE, CLICK, HELP = "python -c pass", "import click", "lab --help"
COMMANDS = {
    BARE: [sys.executable, "-c", "pass"],
    CLICK: [sys.executable, "-c", "import click"],
    HELP: [sys.executable, "-m", "lab.cli", "--help"],
    "lab status, nothing running": [sys.executable, "-m", "lab.cli", "status"],
    "lab list": [sys.executable, "-m", "lab.cli", "list"],
}
HEAVY = ("pydantic", "rich", "fastapi", "sqlmodel", "locust", "docker")


def once(name: str) -> dict[str, float]:
    """One run: time on the clock and processor time, in ms."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began_s = time.perf_counter()
    subprocess.run(
        COMMANDS[name],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT), "LAB_HOME": "/nonexistent"},
        preexec_fn=placed(SERVER_CORE),
    )
    wall_s = time.perf_counter() - began_s
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"wall_ms": wall_s * 1000, "cpu_ms": cpu_s * 1000}


def measure(effort: Effort) -> Theme:
    """Many short runs in turn; the least disturbed tenth counts for the clock, the median for processor time."""
    rounds = 3 if effort.quick else 8 * effort.rounds
    for name in COMMANDS:
        once(name)
    turns = take_turns(list(COMMANDS), rounds, once)
    found = {
        name: {
            "wall_ms": sorted(one["wall_ms"] for one in many)[len(many) // 10],
            "cpu_ms": statistics.median(one["cpu_ms"] for one in many),
        }
        for name, many in turns.items()
    }
    script = "import sys, lab.cli.root; print(*sorted(set(sys.argv[1:]) & set(sys.modules)))"
    words = [sys.executable, "-c", script, *HEAVY]
    heavy = subprocess.run(words, capture_output=True, text=True, check=True, cwd=ROOT).stdout.strip()
    theme = Theme(TITLE, [], ("command", "time", "CPU time", "beside a bare python"), raw={"commands": found})
    theme.table = [
        (name, f"{one['wall_ms']:.0f} ms", f"{one['cpu_ms']:.0f} ms", ratio(one["cpu_ms"], found[BARE]["cpu_ms"]))
        for name, one in found.items()
    ]
    mine, bare = found[HELP], found[BARE]
    times = mine["cpu_ms"] / bare["cpu_ms"]
    said = f"{mine['wall_ms']:.0f} ms, {times:.1f} × a bare python"
    beside = f"bare python {bare['wall_ms']:.0f} ms, click {found[CLICK]['wall_ms']:.0f} ms"
    theme.rows += [
        Row(HELP, said, beside, "≤ 80 ms, ≤ 6 × a bare python", mine["wall_ms"] <= 80 and times <= 6),
        Row("what importing `lab.cli` brings in of " + ", ".join(HEAVY), heavy or "nothing", "", "nothing", not heavy),
    ]
    return theme
