"""`python -m benchmarks [THEME ...] [--quick] [--json FILE] [--page FILE]`."""

import argparse
import importlib
import json
import pkgutil
import signal
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

from benchmarks import harness, page, themes
from benchmarks.harness import Effort

NAMES = [module.name for module in pkgutil.iter_modules(themes.__path__)]


def main() -> int:
    """Measure the themes asked for, print them, and keep them where asked. 1 when a budget was missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=page.ABOUT)
    parser.add_argument("themes", nargs="*", metavar="THEME", help=f"one of {', '.join(NAMES)}; all without a name")
    parser.add_argument("--quick", action="store_true", help="one short round: to see that it runs, not for numbers")
    parser.add_argument("--rounds", type=int, default=5, help="turns of every contender (5)")
    parser.add_argument("--seconds", type=float, default=4.0, help="length of a turn (4)")
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="keep the results there, beside those of other themes"
    )
    parser.add_argument("--page", type=Path, metavar="FILE", help="write all results kept by --json as a page")
    parser.add_argument(
        "--realtime", action="store_true", help="run before all others on this machine, which then wait; takes root"
    )
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # in order, so that what was started ends too
    harness.realtime = asked.realtime
    for name in asked.themes:
        if name not in NAMES:
            print(f"Error: There is no theme {name!r}.\nTry:   {', '.join(NAMES)}.", file=sys.stderr)
            return 2
    effort = Effort(1, 1.0, quick=True) if asked.quick else Effort(asked.rounds, asked.seconds)
    kept = page.read(asked.json)
    missed = False
    for name in asked.themes or NAMES:
        print(f"{name} …", file=sys.stderr, flush=True)
        began_s = time.time()
        try:
            theme = importlib.import_module(f"benchmarks.themes.{name}").measure(effort)
        except (OSError, RuntimeError, subprocess.SubprocessError) as error:
            print(f"Error: {name} could not be measured: {error}.\nTry:   run it again by its name.", file=sys.stderr)
            missed = True
            continue
        kept[name] = {**asdict(theme), **page.circumstances(began_s, effort)}
        missed = missed or any(row.met is False for row in theme.rows)
        print(page.section(kept[name]), flush=True)
        if asked.json is not None:
            asked.json.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    if asked.page is not None:
        asked.page.write_text(page.whole(kept), encoding="utf-8")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
