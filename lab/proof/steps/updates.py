"""The grader of status updates is graded: does it say what people say of the samples?"""

from collections import Counter

from lab.core.quantities import say_share
from lab.proof.result import Row
from lab.questions.update import CHECKS
from lab.scenario.updates import LEAST, LEAST_IN_ALL, Updates

AGREE = 0.9


def judge(updates: Updates) -> list[Row]:
    """Enough samples of each sort, and agreement on nine of ten, over single checks and over pass or fail."""
    sorts = Counter(sort for sample in updates.samples for sort in sample.sorts)
    count = len(updates.samples)
    rows = [Row("sample texts", str(count), f"{LEAST_IN_ALL} or more", count >= LEAST_IN_ALL, "Write more samples.")]
    for sort, least in LEAST.items():
        if sorts[sort] < least:
            rows.append(Row(f"of them {sort}", str(sorts[sort]), f"{least} or more", False, "Write more of this sort."))
    hits = passes = 0
    differs: list[str] = []
    for sample in updates.samples:
        checks = updates.checks(sample)
        wrong = [check.name for check in checks if check.ok == (check.name in sample.fails)]
        same = updates.passes(checks) == sample.passes
        hits, passes = hits + len(CHECKS) - len(wrong), passes + same
        if wrong or not same:
            differs.append(f"{sample.id} ({', '.join(wrong) or 'pass or fail'})")
    told = f"It differs on {', '.join(differs[:6])}{' …' if len(differs) > 6 else ''}." if differs else ""
    for what, share in (
        ("checks graded as people do", hits / (count * len(CHECKS))),
        ("passed as people do", passes / count),
    ):
        ok = share >= AGREE
        rows.append(Row(what, say_share(share), f"{say_share(AGREE)} or more", ok, told))
    return rows
