"""Every tab of the console, and its overview kept up to date, at a million logs while more arrive."""

import json
import subprocess
import sys

from benchmarks.harness import PROGRAMS, Effort, Row, Theme

TITLE = "Console: pages, and an overview that is live"
PAGE_MS, CORE_SHARE = 300.0, 0.15


def measure(effort: Effort) -> Theme:
    """A console of its own over a full store; one browser's stream of the overview."""
    size = (50_000, 10_000, 2, 3) if effort.quick else (1_000_000, 200_000, max(5, 3 * effort.rounds), 30)
    words = [f"--{name}={value}" for name, value in zip(("logs", "spans", "rounds", "watch"), size, strict=True)]
    program = str(PROGRAMS / "console_pages.py")
    done = subprocess.run([sys.executable, program, *words], capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    pages, live = found["pages_ms"], found["overview_live"]
    slowest, worst = next(iter(pages.items()))
    theme = Theme(TITLE, [], ("slowest pages", "p50", "p95", "most"), raw=found)
    theme.rows = [
        Row(
            f"any page at {found['logs']:,} logs and {found['spans']:,} spans: p95",
            f"{worst['p95']:.0f} ms ({slowest})",
            "–",
            f"≤ {PAGE_MS:.0f} ms",
            worst["p95"] <= PAGE_MS,
        ),
        Row(
            "one live overview, of one core",
            f"{live['core_for_the_viewer'] * 100:.1f} %",
            f"{live['updates_per_s']:g} updates/s of {live['kb_per_update']:g} kB",
            f"< {CORE_SHARE * 100:.0f} %",
            live["core_for_the_viewer"] < CORE_SHARE,
        ),
    ]
    theme.table = [
        (name, f"{page['p50']:.0f} ms", f"{page['p95']:.0f} ms", f"{page['max']:.0f} ms")
        for name, page in list(pages.items())[:10]
    ]
    return theme
