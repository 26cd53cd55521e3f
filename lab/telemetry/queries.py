"""The one place that console pages, CLI, probes and grading read."""

from collections.abc import Iterator
from typing import Any

from lab.core.window import Window
from lab.telemetry.model import Business, Log, Point, Red, Scope, SlowStatement, Trace, TraceSummary
from lab.telemetry.store import Store


class Telemetry:
    """Queries over a store; every method is safe to call from any thread."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def services(self) -> list[str]:
        """Services seen so far, sorted."""
        raise NotImplementedError

    def edges(self) -> list[str]:
        """Edges seen so far, sorted, `gateway->orders`."""
        raise NotImplementedError

    def routes(self, scope: Scope) -> list[str]:
        """Routes seen in the scope, sorted."""
        raise NotImplementedError

    def red(self, scope: Scope, window: Window) -> Red:
        """Rate, errors and durations of a scope."""
        raise NotImplementedError

    def percentile(self, scope: Scope, percentile: float, window: Window) -> float:
        """Any percentile of the scope's durations in ms, exact nearest rank; NaN when there are none."""
        raise NotImplementedError

    def retries(self, scope: Scope, window: Window) -> int:
        """Calls of an edge that were sent again (`http.request.resend_count` above 0)."""
        raise NotImplementedError

    def series(self, scope: Scope, measure: str, window: Window, step_s: float) -> list[Point]:
        """`measure`: rate, errors, error_share, p50 (any pNN), mean, retries or status:429, one point a
        step.
        """
        raise NotImplementedError

    def gauges(self, service: str) -> list[str]:
        """Names of the values measured of a service."""
        raise NotImplementedError

    def gauge_series(self, service: str, name: str, window: Window) -> list[Point]:
        """Every measured value; a name without labels adds up all its labelled series."""
        raise NotImplementedError

    def gauge_last(self, service: str, name: str, before_s: float | None = None) -> float | None:
        """The newest value, or the newest before a moment."""
        raise NotImplementedError

    def logs(
        self, query: str = "", window: Window | None = None, limit: int = 50, before_id: int | None = None
    ) -> list[Log]:
        """Matching logs, newest first; UsageError names what is wrong with a query."""
        raise NotImplementedError

    def log(self, log_id: int) -> Log:
        """One log; NotFound when there is none of that number."""
        raise NotImplementedError

    def log_count(self, query: str, window: Window) -> int:
        """How many logs match."""
        raise NotImplementedError

    def log_histogram(self, query: str, window: Window, step_s: float) -> list[Point]:
        """How many logs match in each step."""
        raise NotImplementedError

    def log_matches(self, log_id: int, query: str) -> bool:
        """Whether this log fits the query."""
        raise NotImplementedError

    def traces(self, query: str = "", window: Window | None = None, limit: int = 50) -> list[TraceSummary]:
        """Traces, newest first, of which one span fits all terms and no span fits a negated one."""
        raise NotImplementedError

    def trace(self, trace_id: str) -> Trace:
        """A trace by id or unique prefix; NotFound or UsageError (ambiguous) otherwise."""
        raise NotImplementedError

    def trace_matches(self, trace_id: str, query: str) -> bool:
        """Whether this trace fits the query."""
        raise NotImplementedError

    def slow_sql(self, window: Window, limit: int = 10) -> list[SlowStatement]:
        """Statements by total time, the most expensive first."""
        raise NotImplementedError

    def business(self, window: Window) -> Business:
        """Orders, money and customers of the window."""
        raise NotImplementedError

    def paid(self, window: Window, within_s: float) -> float:
        """Share of the attempts started in the window whose order was paid in time; NaN without attempts."""
        raise NotImplementedError

    def export_records(self, window: Window) -> Iterator[dict[str, Any]]:
        """Every span and log of the window as JSON-ready mappings, oldest first, `record` is `span` or
        `log`.
        """
        raise NotImplementedError
