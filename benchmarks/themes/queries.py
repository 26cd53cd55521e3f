"""Everything a learner asks of the store, at a million logs and two hundred thousand spans, while more arrive."""

import json
import subprocess
import sys

from benchmarks.harness import PROGRAMS, Effort, Row, Theme

TITLE = "Store: every learner-facing query"


def measure(effort: Effort) -> Theme:
    """Fill a store of its own, then ask in random order."""
    size = (50_000, 10_000, 2) if effort.quick else (1_000_000, 200_000, max(5, 3 * effort.rounds))
    words = [f"--{name}={value}" for name, value in zip(("logs", "spans", "rounds"), size, strict=True)]
    words.append(f"--hour={int(not effort.quick)}")
    program = str(PROGRAMS / "fill_and_ask.py")
    done = subprocess.run([sys.executable, program, *words], capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    wall, cpu = found["all_queries_ms"], found["all_queries_cpu_ms"]
    theme = Theme(TITLE, [], ("slowest queries", "p50", "p95", "p95 of CPU time"), raw=found)
    theme.rows.append(
        Row(
            f"any query at {found['logs']:,} logs and {found['spans']:,} spans: p95",
            f"{wall['p95']:.0f} ms ({cpu['p95']:.0f} ms CPU), most {wall['max']:.0f} ms",
            f"taken in at {found['ingest_records_per_s']:,} records/s meanwhile",
            "≤ 100 ms CPU",
            cpu["p95"] <= 100,
        )
    )
    slowest = list(found["queries_ms"].items())[:10]
    theme.table = [(name, f"{q['p50']:.0f} ms", f"{q['p95']:.0f} ms", f"{q['cpu_p95']:.0f} ms") for name, q in slowest]
    grown = found["rss_mb"]["filled"] - found["rss_mb"]["imported"]
    theme.notes.append(
        f"The file has {found['file_mb']} MB, memory grew by {grown:.0f} MB, and a store of that size opens again in "
        f"{found['reopen_s']} s"
    )
    hour = found.get("an_hour_of_500_spans_per_s")
    if hour:
        grown = hour["rss_mb"]["peak"] - hour["rss_mb"]["imported"]
        theme.notes.append(
            f"An hour of 500 spans/s: {hour['spans_in']:,} came, {hour['spans_kept']:,} are kept, all are counted; "
            f"{hour['file_mb']} MB of file, {grown:.0f} MB of memory at most"
        )
    return theme
