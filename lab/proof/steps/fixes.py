"""Load tests: doing nothing fails, each wrong mitigation fails, each right one passes; all of them clearly."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from lab.probes import Probe
from lab.proof.margins import FEW_REQUESTS, LEAST_REQUESTS, Measured, inside, outside, requests
from lab.proof.result import Row

ROUNDED = 0.06
"""Points are told to one decimal."""


@dataclass(frozen=True)
class Loaded:
    """A load test: its verdict, the promises as measured, how many requests, what was said."""

    verdict: str
    promises: tuple[Measured, ...]
    requests: int
    why: str = ""

    @classmethod
    def of(cls, result: dict[str, object], slo: Sequence[Probe]) -> "Loaded":
        """From `GET /api/load`."""
        slos, after = result["slos"], result["after"]
        assert isinstance(slos, list)
        assert isinstance(after, dict)
        values = [math.nan if one["value"] is None else float(one["value"]) for one in slos]
        promises = tuple(Measured(probe, value) for probe, value in zip(slo, values, strict=True))
        return cls(str(result["verdict"]), promises, int(after["requests"]), str(result["why"]))


def judge_passed(loaded: Loaded, name: str = "") -> list[Row]:
    """The load test passes, with every promise kept with room, over enough requests; the tightest one is shown."""
    rows = [inside(one) for one in loaded.promises]
    tightest = min(rows, key=lambda row: (row.ok, (row.clears or 0.0) / (row.needs or 1.0)))
    passed = loaded.verdict == "passed"
    return _named(
        name,
        [
            Row("verdict", loaded.verdict, "passed", passed, loaded.why, key=False),
            *(replace(row, key=row is tightest) for row in rows),
            requests(loaded.requests, LEAST_REQUESTS),
        ],
    )


def judge_failed(loaded: Loaded, name: str = "", reason: str | None = None) -> list[Row]:
    """The load test fails, and one promise at least is missed by far; with a mitigation, its reason is told."""
    failed = loaded.verdict == "failed"
    instead = "It passed: whoever does this has solved the lesson."
    rows = [Row("verdict", loaded.verdict, "failed", failed, instead, key=False)]
    if failed:
        rows.append(max((outside(one) for one in loaded.promises), key=lambda row: (row.ok, row.clears or 0.0)))
    rows.append(requests(loaded.requests, FEW_REQUESTS))
    if reason is not None:
        told = said(reason, loaded.why)
        rows.append(Row("why it fails", "told" if told else "not told", "told", told, loaded.why, key=False))
    return _named(name, rows)


def judge_graded(name: str, earned: float, worth: float, feedback: str, reason: str) -> list[Row]:
    """Whoever answers for a mitigation that is not right gets what it is worth, and is told why it is no more."""
    ok = abs(earned - worth) < ROUNDED and said(reason, feedback)
    bound = f"{worth:g}, and why"
    return _named(name, [Row("points for it", f"{earned:g}", bound, ok, f"It was told: {feedback}", key=False)])


def said(reason: str, text: str) -> bool:
    """Whether the text gives the reason, apart from spacing and capitals."""
    return " ".join(reason.split()).rstrip(".").casefold() in " ".join(text.split()).casefold()


def _named(name: str, rows: list[Row]) -> list[Row]:
    return [replace(row, what=f"{name}: {row.what}") for row in rows] if name else rows
