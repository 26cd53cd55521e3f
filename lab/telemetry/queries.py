"""The one place that console pages, CLI, probes and grading read."""

from collections.abc import Iterable, Iterator
from typing import Any

from lab.core.errors import UsageError
from lab.core.window import Window
from lab.telemetry import gauges as stored_gauges
from lab.telemetry.business import business, orders_over_time, paid_after_s, paid_share, promised
from lab.telemetry.export import export_records
from lab.telemetry.heat import heatmap
from lab.telemetry.model import (
    Business,
    Heatmap,
    Log,
    OrdersStep,
    Point,
    Red,
    Scope,
    SlowStatement,
    Span,
    Trace,
    TraceSummary,
)
from lab.telemetry.red import points, requests_in
from lab.telemetry.search.logs import LogSearch
from lab.telemetry.search.traces import TraceSearch
from lab.telemetry.slow_sql import slow_statements
from lab.telemetry.store import Store
from lab.telemetry.times import milliseconds_of, steps, whole_ms

SETTLE_S = 0.5


class Telemetry:
    """Queries over a store; every method is safe to call from any thread.

    Numbers of requests include what arrived a moment ago. Everything else waits until the writer has committed what
    was added before the call, at most half a second.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self._logs = LogSearch(store)
        self._traces = TraceSearch(store)

    def services(self) -> list[str]:
        """Services that have reported so far, sorted."""
        with self.store.lock:
            names = {stream.sample.service for stream in self.store.span_streams.all}
            names.update(stream.sample.service for stream in self.store.log_streams.all)
        return sorted(names - {""})

    def edges(self) -> list[str]:
        """Edges seen so far, sorted, `gateway->orders`."""
        with self.store.lock:
            keys = [series.key for series in self.store.series.all]
        return sorted({f"{key.service}->{key.peer}" for key in keys if key.peer})

    def routes(self, scope: Scope) -> list[str]:
        """Routes seen in the scope, sorted."""
        with self.store.lock:
            return sorted({series.key.route for series in self.store.series.select(scope)})

    def red(self, scope: Scope, window: Window) -> Red:
        """Rate, errors and durations of a scope."""
        return requests_in(self.store, scope, window).red()

    def percentile(self, scope: Scope, percentile: float, window: Window) -> float:
        """Any percentile of the scope's durations in ms, exact nearest rank; NaN when there are none."""
        return requests_in(self.store, scope, window).percentile_ms(percentile)

    def retries(self, scope: Scope, window: Window) -> int:
        """Calls of an edge that were sent again (`http.request.resend_count` above 0)."""
        return requests_in(self.store, scope, window).retries

    def series(self, scope: Scope, measure: str, window: Window, step_s: float) -> list[Point]:
        """`measure`: rate, errors, error_share, p50 (any pNN), mean, retries or status:429, one point a step."""
        return points(self.store, scope, [measure], window, step_s)[measure]

    def several_series(
        self, scope: Scope, measures: Iterable[str], window: Window, step_s: float
    ) -> dict[str, list[Point]]:
        """As `series`, for several measures at a time."""
        return points(self.store, scope, measures, window, step_s)

    def heatmap(self, scope: Scope, window: Window, step_s: float) -> Heatmap:
        """How many requests of each step took how long."""
        return heatmap(self.store, scope, window, step_s)

    def gauges(self, service: str) -> list[str]:
        """Names of the values measured of a service."""
        with self.store.lock:
            return self.store.gauges.names(service)

    def gauge_series(self, service: str, name: str, window: Window) -> list[Point]:
        """Every measured value; a name without labels adds up all its labelled series."""
        self.store.flush(SETTLE_S)
        with self.store.lock:
            ids = [self.store.gauges.ids[key] for key in self.store.gauges.matching(service, name)]
        with self.store.readers.borrow() as db:
            return stored_gauges.series(db, ids, *milliseconds_of(window)) if ids else []

    def gauge_last(self, service: str, name: str, before_s: float | None = None) -> float | None:
        """The newest value, or the newest before a moment."""
        with self.store.lock:
            keys = self.store.gauges.matching(service, name)
            if before_s is None:
                newest = [self.store.gauges.last[key][1] for key in keys if key in self.store.gauges.last]
                return sum(newest) if newest else None
            ids = [self.store.gauges.ids[key] for key in keys]
        self.store.flush(SETTLE_S)
        with self.store.readers.borrow() as db:
            return stored_gauges.last(db, ids, whole_ms(before_s))

    def logs(
        self, query: str = "", window: Window | None = None, limit: int = 50, before_id: int | None = None
    ) -> list[Log]:
        """Matching logs, the latest to arrive first; UsageError names what is wrong with a query."""
        self.store.flush(SETTLE_S)
        return self._logs.page(query, window, _limit(limit), before_id)

    def log(self, log_id: int) -> Log:
        """One log; NotFound when there is none of that number."""
        self.store.flush(SETTLE_S)
        return self._logs.one(log_id)

    def log_count(self, query: str, window: Window) -> int:
        """How many logs match."""
        self.store.flush(SETTLE_S)
        return self._logs.count(query, window)

    def log_histogram(self, query: str, window: Window, step_s: float) -> list[Point]:
        """How many logs match in each step."""
        self.store.flush(SETTLE_S)
        return self._logs.histogram(query, window, step_s)

    def log_matches(self, log_id: int, query: str) -> bool:
        """Whether this log fits the query."""
        self.store.flush(SETTLE_S)
        return self._logs.matches(log_id, query)

    def traces(self, query: str = "", window: Window | None = None, limit: int = 50) -> list[TraceSummary]:
        """Traces, newest first, of which one span fits all terms and no span fits a negated one."""
        self.store.flush(SETTLE_S)
        return self._traces.page(query, window, _limit(limit))

    def spans(self, query: str, limit: int = 50) -> list[Span]:
        """Single spans that fit all terms (`-` excludes), the latest to arrive first; no `root:` here."""
        self.store.flush(SETTLE_S)
        return self._traces.spans(query, _limit(limit))

    def trace(self, trace_id: str) -> Trace:
        """A trace by id or unique prefix; NotFound or UsageError (ambiguous) otherwise."""
        self.store.flush(SETTLE_S)
        return self._traces.one(trace_id)

    def trace_matches(self, trace_id: str, query: str) -> bool:
        """Whether this trace fits the query."""
        self.store.flush(SETTLE_S)
        return self._traces.matches(trace_id, query)

    def slow_sql(self, window: Window, limit: int = 10) -> list[SlowStatement]:
        """Statements by total time, the most expensive first."""
        self.store.flush(SETTLE_S)
        return slow_statements(self.store, window, _limit(limit))

    def business(self, window: Window) -> Business:
        """Orders, money and customers of the window."""
        self.store.flush(SETTLE_S)
        with self.store.readers.borrow() as db:
            return business(db, *milliseconds_of(window), whole_ms(self.store.clock.now()))

    def orders_over_time(self, window: Window, step_s: float) -> list[OrdersStep]:
        """Attempts, paid and lost orders, one entry a step."""
        start_ms, end_ms = milliseconds_of(window)
        step_ms = steps(window, step_s)[0][1] - start_ms if end_ms > start_ms else 1
        self.store.flush(SETTLE_S)
        with self.store.readers.borrow() as db:
            return orders_over_time(db, start_ms, end_ms, step_ms, whole_ms(self.store.clock.now()))

    def paid(self, window: Window, within_s: float) -> float:
        """Share of the attempts started in the window whose order was paid in time; NaN without attempts."""
        self.store.flush(SETTLE_S)
        with self.store.readers.borrow() as db:
            return paid_share(db, *milliseconds_of(window), within_s)

    def promised(self, window: Window) -> int:
        """How many orders of the window were accepted for later payment, and that has not been made or given up."""
        self.store.flush(SETTLE_S)
        with self.store.readers.borrow() as db:
            return promised(db, *milliseconds_of(window))

    def paid_after(self, window: Window) -> list[float]:
        """How many seconds the orders placed in the window waited for their payment, ascending."""
        self.store.flush(SETTLE_S)
        with self.store.readers.borrow() as db:
            return paid_after_s(db, *milliseconds_of(window))

    def export_records(self, window: Window) -> Iterator[dict[str, Any]]:
        """Everything of the window as JSON-ready mappings, oldest first; `record` is `span`, `log` or `gauge`."""
        self.store.flush(SETTLE_S)
        return export_records(self.store, window)


def _limit(limit: int) -> int:
    if not 1 <= limit <= 10_000:
        raise UsageError(f"A limit of {limit} is not possible.", "Ask for 1 to 10000 at once.")
    return limit
