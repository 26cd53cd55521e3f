"""Proofs as they come out, without a lab: one that holds, one that does not."""

import math
from collections.abc import Awaitable, Callable
from typing import Any

from lab.proof.result import NOT_REACHED, Judged, Proof, Row
from lab.proof.table import steps_of
from lab.scenario import Scenario

GOOD: dict[str, list[Row]] = {
    "reads": [Row("problems", "0", "none", True), Row("to read", "1274 words", "7 min of reading", True)],
    "updates": [
        Row("sample texts", "112", "30 or more", True),
        Row("checks graded as people do", "99 %", "90 % or more", True),
        Row("passed as people do", "97 %", "90 % or more", True),
    ],
    "baseline": [
        Row("p95 of gateway", "58 ms", "below 800 ms", True, "", 13.8, 2.0),
        Row("errors of gateway", "0 %", "below 1.0 %", True, "", math.inf, 3.0),
        Row("orders paid within 30 s", "100 %", "at least 99 %", True, "", math.inf, 3.0),
        Row("requests in the window", "60", "40 or more", True, key=False),
    ],
    "quiet": [Row("errors of gateway POST /api/v1/orders", "0 %", "not above 10 %", True, "", math.inf, 3.0)],
    "faults": [Row("faults made", "1", "1", True), Row("with a way back noted first", "1", "1", True)],
    "symptoms": [
        Row("errors of orders->partner", "57 %", "above 10 %", True, "", 5.7, 3.0),
        Row("until all of them held", "4.9 s", "20 s at most", True),
    ],
    "evidence": [Row("proof: records", "100 or more", "1 or more", True)],
    "solver": [Row("size: 56.7 %", "10 points", "10", True), Row("direction: holding steady", "5 points", "5", True)],
    "wrong": [Row("25 wrong answers", "25 refused", "all, and told why", True)],
    "guessing": [
        Row("anything at random", "0 %", "below 5.0 %", True),
        Row("the first option", "1.2 %", "below 5.0 %", True),
    ],
    "leaks": [Row("telemetry (3.8 MB)", "nothing", "nothing", True)],
    "nothing": [Row("orders paid within 30 s", "44 %", "not at least 99 %", True, "", 56.0, 3.0)],
    "wrong fixes": [Row("retry: orders paid within 30 s", "41 %", "not at least 99 %", True, "", 59.0, 3.0)],
    "right fixes": [Row("queue-payments: p95 of gateway", "83 ms", "below 800 ms", True, "", 9.6, 2.0)],
    "revert": [Row("healthy again after", "1 s", "10 s at most", True)],
    "stop": [Row("processes left", "0", "none", True), Row("files of the run left", "0", "none", True)],
}
BAD: dict[str, list[Row]] = {
    **GOOD,
    "symptoms": [
        Row(
            "the symptoms", "did not hold", "all of them, twice in a row", False,
            "The incident did not show itself within 20 s: errors of orders->partner was 0 %. "
            "Is the fault strong enough, and each bound far from what you see? Look at it while it is broken.",
        )
    ],
}  # fmt: skip
REACHED = ("reads", "updates", "baseline", "quiet", "faults", "symptoms")


def proving(rows: dict[str, list[Row]], answer: str = "57 %") -> Callable[..., Awaitable[Proof]]:
    """Stands in for `lab.proof.prove.prove`."""

    async def prove(scenario: Scenario, seed: int, desks: Any, watcher: Any, commands: frozenset[str]) -> Proof:
        steps = []
        for step in steps_of(scenario):
            watcher.going("main lab", f"at {step.name}", None)
            reached = rows is GOOD or step.name in REACHED
            steps.append(
                Judged.of(step.name, rows[step.name], 1.0) if reached else Judged(step.name, state=NOT_REACHED)
            )
            watcher.judged(steps[-1])
        watcher.going("main lab", "", None)
        file = scenario.file
        proof = Proof(scenario.id, file.title, file.shape, str(scenario.path), seed, steps, 31.4)
        proof.answers = {"size": answer}
        proof.again = [] if rows is GOOD else ["main lab"]
        return proof

    return prove
