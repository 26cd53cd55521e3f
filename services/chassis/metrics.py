"""The Prometheus metrics every service has; a service adds its own to `Metrics.registry`."""

from collections.abc import Callable, Iterator

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.metrics_core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from services.chassis.telemetry import Telemetry

_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
disable_created_metrics()  # type: ignore[no-untyped-call]  # prometheus_client leaves it unannotated


class _Dropped(Collector):
    """A counter that somebody else counts."""

    def __init__(self, count: Callable[[], int]) -> None:
        self._count = count

    def collect(self) -> Iterator[Metric]:
        """The count now."""
        yield CounterMetricFamily(
            "telemetry_dropped", "Spans and log records that never left the service.", value=self._count()
        )


class Metrics:
    """One registry per application, so that several applications can be built in one process."""

    def __init__(self, telemetry: Telemetry) -> None:
        self.registry = CollectorRegistry()
        self.registry.register(_Dropped(lambda: telemetry.dropped))
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        self.active = 0
        self.server = Histogram(
            "http_server_request_duration_seconds",
            "Duration of requests answered.",
            ["method", "route", "status_code"],
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self._server_children: dict[tuple[str, str, int], Histogram] = {}
        self.client = Histogram(
            "http_client_request_duration_seconds",
            "Duration of requests sent, one per attempt; status_code is the status or the kind of failure.",
            ["peer_service", "method", "status_code"],
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self.retries = Counter(
            "http_client_retries",
            "Requests sent again after a failed attempt.",
            ["peer_service"],
            registry=self.registry,
        )
        self.pool_in_use = Gauge(
            "http_client_pool_in_use", "Connections in use.", ["peer_service"], registry=self.registry
        )
        self.pool_size = Gauge(
            "http_client_pool_size", "Connections allowed.", ["peer_service"], registry=self.registry
        )
        self.pool_waiting = Gauge(
            "http_client_pool_waiting",
            "Calls waiting for a connection.",
            ["peer_service"],
            registry=self.registry,
        )
        Gauge("http_server_active_requests", "Requests being answered now.", registry=self.registry).set_function(
            lambda: self.active
        )

    def answered(self, method: str, route: str, status: int, duration_s: float) -> None:
        """Count one answered request."""
        key = (method, route, status)
        child = self._server_children.get(key)
        if child is None:
            child = self._server_children[key] = self.server.labels(method, route, str(status))
        child.observe(duration_s)

    def begin(self) -> None:
        """Start at nothing: what was asked before, to warm the process, was nobody's request."""
        self._server_children.clear()
        self.server.clear()

    def text(self) -> bytes:
        """What `/metrics` answers."""
        return generate_latest(self.registry)
