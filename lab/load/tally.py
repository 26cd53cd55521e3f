"""What the customers measured: raw times kept compactly, percentiles by the one definition."""

import math
import time
from array import array
from collections import Counter
from typing import Any

from lab.core.percentile import nearest_rank


class Endpoint:
    """Every request to one route in one stage: eight bytes each."""

    def __init__(self) -> None:
        self.times_ms = array("d")
        self.statuses: Counter[str] = Counter()
        self.failures = 0


class Tally:
    """Counts since the last sample, and everything since the start when `keep` is on."""

    def __init__(self, *, keep: bool) -> None:
        self.keep = keep
        self.requests = 0
        self.failures = 0
        self.stage = 0
        self.started_at = time.time()
        self.ended_at: float | None = None
        self.stages: list[dict[str, Any]] = []
        self._by: dict[tuple[int, str], Endpoint] = {}
        self._recent = array("d")
        self._sampled = (time.perf_counter(), 0, 0)

    def record(self, name: str, time_ms: float, status: str, failed: bool) -> None:
        """One request has ended."""
        self.requests += 1
        self.failures += failed
        self._recent.append(time_ms)
        if self.keep:
            endpoint = self._by.get((self.stage, name))
            if endpoint is None:
                endpoint = self._by[self.stage, name] = Endpoint()
            endpoint.times_ms.append(time_ms)
            endpoint.statuses[status] += 1
            endpoint.failures += failed

    def begin_stage(self, users: int) -> None:
        """Later requests belong to a new stage."""
        now = time.time()
        if self.stages:
            self.stages[-1]["ended_at"] = now
        self.stages.append({"users": users, "started_at": now, "ended_at": None})
        self.stage = len(self.stages) - 1

    def end(self) -> None:
        """The last stage is over; what still arrives counts to it."""
        self.ended_at = time.time()
        if self.stages:
            self.stages[-1]["ended_at"] = self.ended_at

    def sample(self, users: int) -> dict[str, Any]:
        """The last second, in short."""
        at, requests, failures = self._sampled
        now = time.perf_counter()
        self._sampled = (now, self.requests, self.failures)
        span = max(now - at, 1e-6)
        p95 = nearest_rank(sorted(self._recent), 95)
        self._recent = array("d")
        return {
            "t": round(time.time(), 3),
            "users": users,
            "rps": round((self.requests - requests) / span, 2),
            "fail_per_s": round((self.failures - failures) / span, 2),
            "requests": self.requests,
            "failures": self.failures,
            "p95_ms": None if math.isnan(p95) else round(p95, 2),
        }

    def results(self, unfinished: int) -> dict[str, Any]:
        """The whole run: in total, by endpoint, by stage."""
        end = self.ended_at or time.time()
        seconds = end - self.started_at
        names = sorted({name for _, name in self._by})
        return {
            "started_at": self.started_at,
            "ended_at": end,
            "users": max((stage["users"] for stage in self.stages), default=0),
            "unfinished": unfinished,
            **_figures(list(self._by.values()), seconds),
            "endpoints": [{"name": name, **_figures(self._of(name=name), seconds)} for name in names],
            "stages": [
                {
                    **stage,
                    **_figures(self._of(stage=number), (stage["ended_at"] or end) - stage["started_at"]),
                }
                for number, stage in enumerate(self.stages)
            ],
        }

    def _of(self, *, name: str | None = None, stage: int | None = None) -> list[Endpoint]:
        return [e for (s, n), e in self._by.items() if name in (None, n) and stage in (None, s)]


def _figures(endpoints: list[Endpoint], seconds: float) -> dict[str, Any]:
    times = sorted(time_ms for endpoint in endpoints for time_ms in endpoint.times_ms)
    failures = sum(endpoint.failures for endpoint in endpoints)
    statuses: Counter[str] = Counter()
    for endpoint in endpoints:
        statuses.update(endpoint.statuses)
    return {
        "seconds": round(seconds, 3),
        "requests": len(times),
        "failures": failures,
        "fail_share": failures / len(times) if times else 0.0,
        "rate_rps": round(len(times) / seconds, 3) if seconds > 0 else 0.0,
        **{f"p{rank}_ms": round(nearest_rank(times, rank), 3) if times else None for rank in (50, 95, 99)},
        "max_ms": round(times[-1], 3) if times else None,
        "statuses": dict(sorted(statuses.items())),
    }
