"""Rate, errors, durations: numbers of a scope out of its series. Exact, whatever the window."""

import re
from collections import Counter
from collections.abc import Callable, Iterable

from lab.core.errors import UsageError
from lab.core.window import Window
from lab.telemetry.blocks import Block, Part, percentile_us
from lab.telemetry.model import NO_VALUE, Point, Red, Scope
from lab.telemetry.series import Outcome, Series, SeriesTable
from lab.telemetry.store import Store
from lab.telemetry.times import milliseconds_of, steps

_MEASURES = "rate, errors, error_share, mean, retries, p50 (or any other pNN) or status:429"
_PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d+)?|100)")


class Requests:
    """What a scope's requests were in one window."""

    def __init__(self, parts: list[tuple[Series, Part]], seconds: float) -> None:
        self.seconds = seconds
        self.outcomes: Counter[Outcome] = Counter()
        self._ordered = [part.ordered for _, part in parts]
        for series, part in parts:
            codes = part.codes
            for code, outcome in enumerate(series.outcomes):
                count = codes.count(code)
                if count:
                    self.outcomes[outcome] += count
        self.requests = self.outcomes.total()

    def percentile_ms(self, percentile: float) -> float:
        """Exact nearest rank; NaN without requests."""
        return percentile_us(self._ordered, percentile) / 1000

    @property
    def errors(self) -> int:
        """How many failed."""
        return sum(count for outcome, count in self.outcomes.items() if outcome.error)

    @property
    def retries(self) -> int:
        """How many were sent again."""
        return sum(count for outcome, count in self.outcomes.items() if outcome.retry)

    @property
    def total_ms(self) -> float:
        """All durations added up."""
        return sum(map(sum, self._ordered)) / 1000

    @property
    def mean_ms(self) -> float:
        """NaN without requests."""
        return self.total_ms / self.requests if self.requests else NO_VALUE

    @property
    def rate_rps(self) -> float:
        """Requests per second of the window."""
        return self.requests / self.seconds if self.seconds else 0.0

    @property
    def error_share(self) -> float:
        """NaN without requests."""
        return self.errors / self.requests if self.requests else NO_VALUE

    @property
    def statuses(self) -> dict[str, int]:
        """How many by status, or by what failed instead."""
        counts: Counter[str] = Counter()
        for outcome, count in self.outcomes.items():
            counts[outcome.status] += count
        return dict(sorted(counts.items()))

    def red(self) -> Red:
        """The usual numbers."""
        return Red(
            requests=self.requests,
            rate_rps=self.rate_rps,
            errors=self.errors,
            error_share=self.error_share,
            p50_ms=self.percentile_ms(50),
            p95_ms=self.percentile_ms(95),
            p99_ms=self.percentile_ms(99),
            mean_ms=self.mean_ms,
            statuses=self.statuses,
        )


def requests_in(store: Store, scope: Scope, window: Window) -> Requests:
    """A scope's requests in a window."""
    start_ms, end_ms = milliseconds_of(window)
    with store.lock:
        return _collect(store.series, store.series.select(scope), start_ms, end_ms, {})


def requests_of(store: Store, series: list[Series], window: Window) -> Requests:
    """The requests of some series in a window."""
    start_ms, end_ms = milliseconds_of(window)
    with store.lock:
        return _collect(store.series, series, start_ms, end_ms, {})


def points(
    store: Store, scope: Scope, measures: Iterable[str], window: Window, step_s: float
) -> dict[str, list[Point]]:
    """Each measure, one point a step, at the step's start."""
    read = {measure: _reader(measure) for measure in measures}
    loaded: dict[tuple[int, int], Block] = {}
    found: dict[str, list[Point]] = {measure: [] for measure in read}
    for start_ms, end_ms in steps(window, step_s):
        with store.lock:
            requests = _collect(store.series, store.series.select(scope), start_ms, end_ms, loaded)
        for measure, reader in read.items():
            value = reader(requests)
            found[measure].append(Point(start_ms / 1000, None if value != value else value))
    return found


def _collect(
    table: SeriesTable, chosen: list[Series], start_ms: int, end_ms: int, loaded: dict[tuple[int, int], Block]
) -> Requests:
    parts = [(series, part) for series in chosen for part in table.parts(series, start_ms, end_ms, loaded)]
    return Requests(parts, max(0, end_ms - start_ms) / 1000)


def _reader(measure: str) -> Callable[[Requests], float]:
    percentile = _PERCENTILE.fullmatch(measure)
    if percentile and 0 < float(percentile[1]) <= 100:
        rank = float(percentile[1])
        return lambda requests: requests.percentile_ms(rank)
    if measure.startswith("status:") and measure[7:]:
        status = measure[7:]
        return lambda requests: float(requests.statuses.get(status, 0))
    match measure:
        case "rate":
            return lambda requests: requests.rate_rps
        case "errors":
            return lambda requests: float(requests.errors)
        case "error_share":
            return lambda requests: requests.error_share
        case "mean":
            return lambda requests: requests.mean_ms
        case "retries":
            return lambda requests: float(requests.retries)
    raise UsageError(f"There is no measure {measure!r}.", f"Measures are {_MEASURES}.")
