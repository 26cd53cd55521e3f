"""Taking the faults back leaves no residue, and the shop is as healthy as before."""

from collections.abc import Sequence
from typing import Any

from lab.proof.result import Row
from lab.proof.steps import baseline
from lab.proof.steps.baseline import Seen

WITHIN_S = 20.0
"""So long calls that were under way may still be felt; slow queries at every connection take half of it to end."""


def judge(residue: Sequence[dict[str, Any]], after: Seen, after_s: float) -> list[Row]:
    """No setting, rule, release or traffic differs; soon no symptom stays, and every promise is kept."""
    instead = "; ".join(f"{one['what']} was {one['before']!r} and is {one['after']!r}" for one in residue)
    rows = [Row("settings that differ from before", str(len(residue)), "none", not residue, instead)]
    healthy = [*baseline.judge(after), *baseline.judge_quiet(after)]
    well = all(row.ok for row in healthy)
    in_time = well and after_s <= WITHIN_S
    slow = "It did not recover: something that the faults did outlives them."
    said = f"{after_s:.0f} s" if well else f"not in {after_s:.0f} s"
    rows.append(Row("healthy again after", said, f"{WITHIN_S:.0f} s at most", in_time, slow))
    return [*rows, *healthy]
