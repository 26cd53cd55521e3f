"""A run as its export tells it: enough to grade any answer again, without a lab.

Wrong answers and guesses by the thousand are graded here, by the same code and from the same records as in the console.
"""

import json
import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from lab.core.clock import ManualClock
from lab.core.window import Window
from lab.questions import Fix, Run
from lab.scenario import ScenarioFile
from lab.scenario.facts import measured
from lab.scenario.model import Question
from lab.telemetry import Log, Span, Store, Telemetry

AT_ONCE = 2000
"""Less than the store's queue: nothing may be shed here."""


@dataclass(frozen=True)
class Recorded:
    """One run, and what the lesson says of it."""

    file: ScenarioFile
    run: Run

    def asked(self, question: Question, seed: int, fix: Fix | None = None) -> Run:
        """The run as one learner's: options in the order of their seed, with the fix that they chose."""
        options = tuple(question.question.options(random.Random(f"{seed}:{question.id}")) or ())
        return replace(self.run, options=options, fix=fix)

    def fix_of(self, mitigation: str) -> Fix:
        """A mitigation tried once, with the verdict that the lesson claims for it."""
        one = next(one for one in self.file.mitigations if one.id == mitigation)
        return Fix(one.id, one.text, one.right, one.works, one.trade_off, one.because_not, 1, one.works)


class Complete(Telemetry):
    """Telemetry of a record that is over: what was measured once is known, however many answers are graded by it."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        for name in ("red", "percentile", "retries", "log_count", "business", "paid", "promised"):
            setattr(self, name, cache(getattr(self, name)))


@contextmanager
def recorded(
    lines: str, file: ScenarioFile, windows: Mapping[str, Window], now: float, folder: Path
) -> Iterator[Recorded]:
    """Rebuild a run from `lab export records`; the files in `folder` are the caller's to remove."""
    store = Store(folder / "telemetry.db", clock=ManualClock(now))
    try:
        fill(store, lines)
        telemetry = Complete(store)
        run = Run(telemetry=telemetry, windows=windows, now=now, facts=measured(file, telemetry, windows))
        yield Recorded(file, run)
    finally:
        store.close()


def fill(store: Store, lines: str) -> None:
    """Take exported records in."""
    spans: list[Span] = []
    logs: list[Log] = []
    gauges: dict[tuple[str, float], dict[str, float]] = {}
    for line in lines.splitlines():
        record: dict[str, Any] = json.loads(line)
        match record.pop("record"):
            case "span":
                record.pop("end_s", None)
                spans.append(Span(**record))
            case "log":
                logs.append(Log(**{**record, "id": 0}))
            case "gauge":
                gauges.setdefault((record["service"], record["time_s"]), {})[record["name"]] = record["value"]
    for at in range(0, len(spans), AT_ONCE):
        store.add_spans(spans[at : at + AT_ONCE])
        store.flush(30)
    for at in range(0, len(logs), AT_ONCE):
        store.add_logs(logs[at : at + AT_ONCE])
        store.flush(30)
    for (service, time_s), values in gauges.items():
        store.add_gauges(service, time_s, values)
    store.flush(30)
