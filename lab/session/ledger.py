"""What a learner has earned: a pure fold over the journal, so that a replay gives the same state."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lab.session.journal import Entry

PASS_MARK = 0.7
RETRY_FACTOR = 0.6
"""Each further try at a question can earn at most this much of the one before."""

SETTLED = frozenset({"right", "revealed"})
"""States of a question that nothing changes any more."""


@dataclass
class Rung:
    """One question's state for this learner."""

    tries: int = 0
    share: float = 0.0
    """The best share of the points earned, after the cost of retries."""
    state: str = "open"
    verdict: str = ""
    """Of the newest answer; the state keeps the best."""
    answer: Any = None
    first: Any = None
    """The first answer given: what the learner took it for."""
    feedback: str = ""
    checklist: list[dict[str, Any]] = field(default_factory=list)
    truth: str | None = None

    @property
    def settled(self) -> bool:
        """Whether nothing is left to answer."""
        return self.state in SETTLED


@dataclass
class Ledger:
    """Answers, hints, citations, fixes and load verdicts so far."""

    rungs: dict[str, Rung] = field(default_factory=dict)
    hints_taken: int = 0
    hint_points: int = 0
    cites: dict[str, dict[str, Any]] = field(default_factory=dict)
    fixes_tried: list[str] = field(default_factory=list)
    loads: list[dict[str, Any]] = field(default_factory=list)
    ticks: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    """Question → step → the request that did it."""

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> "Ledger":
        """The ledger that the entries add up to."""
        ledger = cls()
        for entry in entries:
            ledger.take(entry)
        return ledger

    def rung(self, question: str) -> Rung:
        """The state of one question."""
        return self.rungs.setdefault(question, Rung())

    def take(self, entry: Entry) -> None:
        """Account for one journal entry; entries of no interest here are ignored."""
        details = entry.details
        match entry.what:
            case "answered":
                self._answered(details)
            case "ticked":
                self._ticked(details)
            case "revealed":
                rung = self.rung(details["question"])
                rung.state, rung.share, rung.truth = "revealed", 0.0, details["truth"]
            case "hinted":
                self.hints_taken += 1
                self.hint_points += int(details["price"])
            case "cited":
                self.cites[details["id"]] = details
            case "uncited":
                self.cites.pop(details["id"], None)
            case "fixed":
                self.fixes_tried.append(details["id"])
            case "loaded":
                self.loads.append(details)

    def _answered(self, details: Mapping[str, Any]) -> None:
        rung = self.rung(details["question"])
        rung.tries += 1
        factor = 1.0 if details.get("free") else RETRY_FACTOR ** (rung.tries - 1)
        earned = float(details["share"]) * factor
        rung.answer, rung.feedback, rung.verdict = details["answer"], details["feedback"], details["verdict"]
        if rung.tries == 1:
            rung.first = rung.answer
        rung.checklist = list(details.get("details", ()))
        rung.truth = details.get("truth")
        if rung.state != "right":
            rung.state = details["verdict"]
        rung.share = max(rung.share, earned)

    def _ticked(self, details: Mapping[str, Any]) -> None:
        """A step of a question was done; the question stays open until all are, or the learner leaves it at that."""
        rung = self.rung(details["question"])
        self.ticks.setdefault(details["question"], {})[details["step"]] = details["received"]
        if rung.state != "revealed":
            rung.share = max(rung.share, float(details["share"]))

    def score(self, points: Mapping[str, int]) -> dict[str, Any]:
        """Points out of the most there are; `points` maps question → its worth."""
        total = sum(points.values())
        earned = sum(points[name] * rung.share for name, rung in self.rungs.items() if name in points)
        net = max(0.0, earned - self.hint_points)
        answered = sum(1 for name, rung in self.rungs.items() if name in points and rung.state != "open")
        share = net / total if total else 0.0
        return {
            "points": round(net, 1),
            "of": total,
            "share": round(share, 4),
            "answered": answered,
            "questions": len(points),
            "hint_points": self.hint_points,
            "pass_mark": PASS_MARK,
            "passed": share >= PASS_MARK and answered == len(points),
        }


def is_same(full: str, ref: str) -> bool:
    """Whether a reference names the cited record; traces may be named by the beginning of their id."""
    return full == ref or (ref.startswith("trace:") and full.startswith(ref))
