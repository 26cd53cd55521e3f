"""The folder's files are free of mistakes that can be found without running anything."""

from collections.abc import Sequence

from lab.proof.result import Row
from lab.scenario import Problem


def judge(problems: Sequence[Problem], words: int, minutes: float) -> list[Row]:
    """One row a problem; without any, how much there is to read."""
    if not problems:
        return [
            Row("problems", "0", "none", True),
            Row("to read", f"{words} words", f"{minutes:.0f} min of reading", True),
        ]
    return [
        Row(f"{one.path.name}:{one.line}:{one.column}", one.what, "no problem", False, one.hint) for one in problems
    ]
