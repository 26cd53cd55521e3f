"""What telemetry is made of: the records that come in and the answers that go out. Frozen, no behaviour to speak of."""

import math
from dataclasses import asdict, dataclass, field
from typing import Any

from lab.core.errors import UsageError

NO_VALUE = math.nan
SAME_SEVERITY = {"WARNING": "WARN", "CRITICAL": "FATAL", "ERR": "ERROR", "INFORMATION": "INFO"}
"""What others call a severity → what it is called here."""


@dataclass(frozen=True, slots=True)
class Span:
    """One timed operation. `kind` is server, client, internal, producer or consumer; `status` is ok, error or unset.

    Times have a resolution of one microsecond everywhere, so that what is aggregated, stored and exported is equal.
    """

    trace_id: str
    span_id: str
    parent_id: str | None
    service: str
    version: str
    name: str
    kind: str
    start_s: float
    duration_ms: float
    status: str
    attributes: dict[str, Any]

    @property
    def end_s(self) -> float:
        """When it ended, unix seconds; this moment decides in which window it lies."""
        return self.start_s + self.duration_ms / 1000


@dataclass(frozen=True, slots=True)
class Log:
    """One log record. `id` is 0 until the store has given it a number."""

    id: int
    time_s: float
    service: str
    version: str
    severity: str
    event: str | None
    message: str
    trace_id: str | None
    span_id: str | None
    attributes: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose requests: a service's SERVER spans, or an edge's CLIENT spans, of one route or of all.

    `Scope()` is every service's SERVER spans. `route` is `POST /orders`; on a database edge `SELECT orders`.
    """

    service: str | None = None
    edge: str | None = None
    route: str | None = None

    def __post_init__(self) -> None:
        if self.service is not None and self.edge is not None:
            raise UsageError(
                "A scope is a service or an edge, not both.",
                "Name one of them: service=gateway or edge=gateway->orders.",
            )
        if self.edge is not None and not all(self.ends):
            raise UsageError(
                f"{self.edge!r} is not an edge.",
                "Write an edge as caller->callee, for example gateway->orders.",
            )

    @property
    def ends(self) -> tuple[str, str]:
        """Caller and callee of the edge."""
        caller, _, callee = (self.edge or "").partition("->")
        return caller.strip(), callee.strip()

    def __str__(self) -> str:
        whose = self.edge or self.service or "all services"
        return f"{whose} {self.route}" if self.route else whose


@dataclass(frozen=True, slots=True)
class Red:
    """Rate, errors, duration of one scope in one window. Shares and times are NaN when there was no request.

    An error is a transport failure or a status of 500 and above; on an edge also 429. Percentiles are exact nearest
    rank over every duration in the window. `statuses` counts by HTTP status, or by error type where none came back.
    """

    requests: int = 0
    rate_rps: float = 0.0
    errors: int = 0
    error_share: float = NO_VALUE
    p50_ms: float = NO_VALUE
    p95_ms: float = NO_VALUE
    p99_ms: float = NO_VALUE
    mean_ms: float = NO_VALUE
    statuses: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Point:
    """One step of a series; `value` is None where there was nothing to measure."""

    time_s: float
    value: float | None


@dataclass(frozen=True, slots=True)
class Business:
    """What the incident costs.

    `attempts`: checkouts that reached the gateway and were not the caller's own mistake. `lost`: attempts that ended
    in an error or a 429, and accepted orders whose payment failed. `revenue_per_min` is in whole currency units.
    `oldest_pending_s` is 0 when nothing is pending; `longest_wait_s` is the longest time from placing an order to its
    payment, over orders placed in the window.
    """

    attempts: int = 0
    placed: int = 0
    paid: int = 0
    failed: int = 0
    lost: int = 0
    revenue_cents: int = 0
    revenue_per_min: float = 0.0
    customers_affected: int = 0
    pending: int = 0
    oldest_pending_s: float = 0.0
    longest_wait_s: float = 0.0


@dataclass(frozen=True, slots=True)
class OrdersStep:
    """What checkouts became in one step: as in Business, by when they ended."""

    time_s: float
    attempts: int = 0
    paid: int = 0
    lost: int = 0


@dataclass(frozen=True, slots=True)
class Heatmap:
    """Requests by step and duration; `counts[step]` has one number more than `bounds_ms`, for what is above all."""

    step_s: float
    bounds_ms: tuple[int, ...]
    times_s: tuple[float, ...]
    counts: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class TraceSummary:
    """A line in the list of traces. `status` is the root's HTTP status, or ok, error, unset."""

    trace_id: str
    root: str
    service: str
    start_s: float
    duration_ms: float
    spans: int
    errors: int
    status: str


@dataclass(frozen=True, slots=True)
class TraceSpan:
    """A span in its place in the waterfall. `start_s` of the span is as reported; `offset_ms` is corrected for skew."""

    span: Span
    depth: int
    offset_ms: float
    self_ms: float
    critical: bool
    critical_ms: float


@dataclass(frozen=True, slots=True)
class Trace:
    """A whole request. `spans` are in waterfall order, `critical_path` in the order in which time passed.

    `missing` counts spans that others name as their parent but that never arrived.
    """

    trace_id: str
    start_s: float
    duration_ms: float
    spans: tuple[TraceSpan, ...]
    critical_path: tuple[str, ...]
    missing: int

    @property
    def root(self) -> Span:
        """The span that starts the waterfall."""
        return self.spans[0].span


@dataclass(frozen=True, slots=True)
class SlowStatement:
    """One normalised SQL statement. `rows_examined` is the largest seen, None where no slow query told."""

    statement: str
    service: str
    calls: int
    p95_ms: float
    total_ms: float
    rows_examined: int | None
    example_trace: str | None


def as_json(value: Any) -> Any:
    """A dataclass of this module as JSON-ready data: NaN becomes None."""

    def plain(item: Any) -> Any:
        if isinstance(item, float) and not math.isfinite(item):
            return None
        if isinstance(item, dict):
            return {key: plain(inner) for key, inner in item.items()}
        if isinstance(item, list | tuple):
            return [plain(inner) for inner in item]
        return item

    return plain(asdict(value))
