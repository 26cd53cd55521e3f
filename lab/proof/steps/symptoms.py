"""The faults do what the lesson says."""

from lab.proof.margins import FEWEST_REQUESTS, inside, requests
from lab.proof.result import Row
from lab.proof.steps.baseline import Seen


def judge(seen: Seen, after_s: float, within_s: float) -> list[Row]:
    """Every symptom holds, with room, over enough requests; a session that opened has seen them in time."""
    return [
        *(inside(one) for one in seen.symptoms),
        Row("until all of them held", f"{after_s:.1f} s", f"{within_s:.0f} s at most", True),
        requests(seen.requests, FEWEST_REQUESTS),
    ]


def never(what: str) -> list[Row]:
    """The session gave up waiting, and says in its own words what it saw."""
    remedy = "Is the fault strong enough, and each bound far from what you see? Look at it while it is broken."
    return [Row("the symptoms", "did not hold", "all of them, twice in a row", False, f"{what} {remedy}")]
