"""The time and the luck of a call: workers, a queue in order of arrival, drawn latencies and outcomes."""

import asyncio
import math
import random
from dataclasses import dataclass
from typing import Literal

from prometheus_client import Counter, Gauge

from services.chassis import Pool, Problem
from services.partner.settings import Partner, Settings

_Z99 = 2.3263478740408408
"""The standard normal distribution's 99th percentile."""

FAILED = "processing-failed"
"""The problem of a call that is to fail; whether to send it again, each version says in its own way."""
Outcome = Literal["done", "failed", "declined"]


def lognormal_ms(rng: random.Random, median_ms: float, p99_ms: float) -> float:
    """One draw of the lognormal distribution that has this median and this 99th percentile."""
    if p99_ms <= median_ms or median_ms == 0:
        return median_ms
    return median_ms * math.exp(rng.gauss(0.0, 1.0) * math.log(p99_ms / median_ms) / _Z99)


@dataclass(frozen=True, slots=True)
class Fate:
    """What was drawn for one call when it arrived."""

    latency_ms: float
    outcome: Outcome


class Processing:
    """Draws in order of arrival, so that a seed says what happens; then waits for a worker and for the latency."""

    def __init__(self, service: Partner) -> None:
        self._service = service
        settings = service.settings
        self._seeds = (settings.latency_seed, settings.outcome_seed)
        self._latencies = random.Random(settings.latency_seed)
        self._outcomes = random.Random(settings.outcome_seed)
        self._workers = Pool(lambda: service.settings.max_concurrent)
        registry = service.metrics.registry
        Gauge("partner_in_progress", "Calls being worked on.", registry=registry).set_function(
            lambda: self._workers.in_use
        )
        Gauge("partner_queue_waiting", "Calls in the queue.", registry=registry).set_function(
            lambda: self._workers.waiting
        )
        self._abandoned = Counter(
            "partner_abandoned", "Calls given up because the caller had hung up.", registry=registry
        )
        service.live.on_change(self._reseed)

    def _reseed(self, settings: Settings) -> None:
        latency_seed, outcome_seed = self._seeds
        if settings.latency_seed != latency_seed:
            self._latencies.seed(settings.latency_seed)
        if settings.outcome_seed != outcome_seed:
            self._outcomes.seed(settings.outcome_seed)
        self._seeds = (settings.latency_seed, settings.outcome_seed)

    def draw(self) -> Fate:
        """The fate of the call that just arrived."""
        settings = self._service.settings
        latency_ms = lognormal_ms(self._latencies, settings.latency_median_ms, settings.latency_p99_ms)
        luck = self._outcomes.random()
        outcome: Outcome = "done"
        if luck < settings.failure_share:
            outcome = "failed"
        elif luck >= 1 - settings.decline_share:
            outcome = "declined"
        return Fate(latency_ms, outcome)

    def full(self) -> bool:
        """Whether neither a worker nor a place in the queue is free."""
        settings, workers = self._service.settings, self._workers
        return workers.in_use >= settings.max_concurrent and workers.waiting >= settings.queue_limit

    async def work(self, fate: Fate) -> None:
        """Wait for a worker, then for the latency; Problem when the call is to fail."""
        await self._workers.acquire()
        try:
            settings = self._service.settings
            others = self._workers.in_use - 1
            latency_ms = fate.latency_ms + others * settings.latency_per_concurrent_ms
            if latency_ms > 0:
                await asyncio.sleep(latency_ms / 1000)
        finally:
            self._workers.release()
        if fate.outcome == "failed":
            raise Problem(
                self._service.settings.failure_status,
                FAILED,
                "Processing failed",
                "We could not process the call and have not booked anything.",
            )

    async def work_while_waited_for(self, fate: Fate, hung_up: "asyncio.Future[None]") -> bool:
        """Like `work`, but False as soon as the caller hangs up."""
        work = asyncio.ensure_future(self.work(fate))
        try:
            await asyncio.wait({work, hung_up}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            if not work.done():
                work.cancel()
        if not work.done():
            self._abandoned.inc()
            return False
        await work
        return True
