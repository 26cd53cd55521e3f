"""Which SQL statements take the time."""

from collections import defaultdict

from lab.core.window import Window
from lab.telemetry.index import runs_of
from lab.telemetry.model import SlowStatement
from lab.telemetry.red import requests_of
from lab.telemetry.series import Series
from lab.telemetry.statements import normalise
from lab.telemetry.store import Store
from lab.telemetry.times import milliseconds_of

SLOW_EVENT = "db.slow_query"


def slow_statements(store: Store, window: Window, limit: int) -> list[SlowStatement]:
    """Statements by total time, the most expensive first."""
    groups: defaultdict[tuple[str, str], list[Series]] = defaultdict(list)
    with store.lock:
        for series in store.series.all:
            if series.key.statement:
                groups[series.key.service, series.key.statement].append(series)
    ranked = []
    for (service, statement), members in groups.items():
        requests = requests_of(store, members, window)
        if requests.requests:
            ranked.append((requests.total_ms, service, statement, requests))
    ranked.sort(key=lambda item: item[:3], reverse=True)
    examined = _rows_examined(store, window)
    return [
        SlowStatement(
            statement=statement,
            service=service,
            calls=requests.requests,
            p95_ms=requests.percentile_ms(95),
            total_ms=total_ms,
            rows_examined=examined.get((service, statement)),
            example_trace=_slowest_trace(store, service, statement, window),
        )
        for total_ms, service, statement, requests in ranked[:limit]
    ]


def _rows_examined(store: Store, window: Window) -> dict[tuple[str, str], int]:
    """The largest number of rows each statement was seen to read, as the services' slow query events tell."""
    start_ms, end_ms = milliseconds_of(window)
    with store.lock:
        services = {
            stream.id: stream.sample.service
            for stream in store.log_streams.all
            if not stream.open and stream.sample.event == SLOW_EVENT
        }
        runs = runs_of(store.logs.chunks(start_ms, end_ms), start_ms, end_ms)
    most: dict[tuple[str, str], int] = {}
    if not runs:
        return most
    with store.readers.borrow() as db:
        for stream, service in services.items():
            for text, rows in db.execute(
                "SELECT json_extract(attributes, '$.\"db.query.text\"') AS text, "
                "max(json_extract(attributes, '$.rows_examined')) FROM logs INDEXED BY logs_stream "
                "WHERE stream = ? AND id BETWEEN ? AND ? AND time_us >= ? AND time_us < ? GROUP BY text",
                (stream, runs[0].low, runs[-1].high, start_ms * 1000, end_ms * 1000),
            ):
                if isinstance(text, str) and isinstance(rows, int | float):
                    key = (service, normalise(text))
                    most[key] = max(most.get(key, 0), int(rows))
    return most


def _slowest_trace(store: Store, service: str, statement: str, window: Window) -> str | None:
    """The trace of the statement's slowest call in the window whose span is still there."""
    start_ms, end_ms = milliseconds_of(window)
    with store.lock:
        streams = [
            stream.id
            for stream in store.span_streams.all
            if not stream.open
            and stream.sample.service == service
            and stream.sample.attributes.get("db.query.text") == statement
        ]
    slowest: tuple[int, str] | None = None
    with store.readers.borrow() as db:
        for stream in streams:
            found = db.execute(
                "SELECT duration_us, trace FROM spans INDEXED BY spans_slow WHERE stream = ? "
                "AND time_us >= ? AND time_us < ? ORDER BY duration_us DESC LIMIT 1",
                (stream, start_ms * 1000, end_ms * 1000),
            ).fetchone()
            slowest = max(filter(None, (slowest, found)), default=None)
    return slowest[1] if slowest else None
