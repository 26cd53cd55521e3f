#!/usr/bin/env python3
"""Which scenarios CI proves this time, one a line: `lab scenario prove $(.ci/which_scenarios.py)`.

Every one whose folder changed since the commit given (default: the one before this), and of the others a third, taken
in turn by the number of commits, so that three commits in a row cover all. Where history is missing, the commit's own
name says whose turn it is. `--turn` prints the turn alone.
"""

import argparse
import subprocess
from collections.abc import Collection, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
PARTS = 3


def choose(every: Sequence[str], changed: Collection[str], turn: int) -> list[str]:
    """The names to prove, in order: those that changed, and a third of the rest, the `turn`-th one."""
    touched = {path.split("/")[1] for path in changed if path.startswith("scenarios/") and path.count("/") > 1}
    rest = sorted(set(every) - touched)
    many = -(-len(rest) // PARTS)
    in_turn = {rest[(turn * many + place) % len(rest)] for place in range(many)}
    return sorted((touched & set(every)) | in_turn)


def changed_since(commit: str) -> list[str] | None:
    """Paths that differ from a commit; None when git does not know it, as in a shallow clone."""
    done = _git("diff", "--name-only", commit, "HEAD")
    return None if done is None else done.split("\n")


def turn() -> int:
    """How many commits there are; in a shallow clone, a number made of this one's name."""
    if _git("rev-parse", "--is-shallow-repository") == "false":
        return int(_git("rev-list", "--count", "HEAD") or 0)
    return int((_git("rev-parse", "HEAD") or "0")[:8], 16)


def _git(*words: str) -> str | None:
    done = subprocess.run(["git", "-C", str(ROOT), *words], capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else None


def main() -> None:
    """Print the names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--since", default="HEAD~1", metavar="COMMIT", help="what counts as changed (default: %(default)s)"
    )
    parser.add_argument("--turn", action="store_true", help="print whose turn it is, and nothing else")
    asked = parser.parse_args()
    if asked.turn:
        print(turn())
        return
    every = [path.parent.name for path in (ROOT / "scenarios").glob("*/scenario.yaml")]
    print("\n".join(choose(every, changed_since(asked.since) or [], turn())))


if __name__ == "__main__":
    main()
