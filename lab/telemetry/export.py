"""Records out of the store, whole: for `lab logs --json`, for tests and for whoever wants to recompute a number."""

import heapq
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

from lab.core.window import Window
from lab.telemetry.index import runs_of
from lab.telemetry.search.table import Table, logs_table, spans_table
from lab.telemetry.store import Store
from lab.telemetry.times import milliseconds_of

_AT_ONCE = 500


def export_records(store: Store, window: Window) -> Iterator[dict[str, Any]]:
    """Spans (by their end), logs and measured values of the window in the order of time."""
    spans = _rows(
        store, spans_table(store), window, lambda span: {"record": "span", "end_s": span.end_s, **asdict(span)}
    )
    logs = _rows(store, logs_table(store), window, lambda log: {"record": "log", **asdict(log)})
    for _, record in heapq.merge(spans, logs, _gauges(store, window), key=lambda pair: pair[0]):
        yield record


def _gauges(store: Store, window: Window) -> Iterator[tuple[int, dict[str, Any]]]:
    with store.readers.borrow() as db:
        rows = db.execute(
            "SELECT time_ms, service, n.name, value FROM gauges g JOIN gauge_names n ON n.id = g.name "
            "WHERE time_ms >= ? AND time_ms < ? ORDER BY time_ms, n.id",
            milliseconds_of(window),
        ).fetchall()
    for time_ms, service, name, value in rows:
        yield (
            time_ms * 1000,
            {"record": "gauge", "time_s": time_ms / 1000, "service": service, "name": name, "value": value},
        )


def _rows(
    store: Store, table: Table, window: Window, as_mapping: Callable[[Any], dict[str, Any]]
) -> Iterator[tuple[int, dict[str, Any]]]:
    start_ms, end_ms = milliseconds_of(window)
    with store.lock:
        runs = runs_of(table.index.chunks(start_ms, end_ms), start_ms, end_ms)
    if not runs:
        return
    columns = ",".join(table.columns)
    # Sorting only pairs of numbers keeps an export of millions of records small.
    with store.readers.borrow() as db:
        order = db.execute(
            f"SELECT time_us, id FROM {table.name} "  # noqa: S608 - constants
            "WHERE id BETWEEN ? AND ? AND time_us >= ? AND time_us < ? ORDER BY 1, 2",
            (runs[0].low, runs[-1].high, start_ms * 1000, end_ms * 1000),
        ).fetchall()
    for at in range(0, len(order), _AT_ONCE):
        ids = [record_id for _, record_id in order[at : at + _AT_ONCE]]
        with store.readers.borrow() as db:
            found = {
                row[0]: row
                for row in db.execute(
                    f"SELECT {columns} FROM {table.name} WHERE id IN ({','.join(map(str, ids))})"  # noqa: S608 - numbers only
                )
            }
        for record_id in ids:
            if record_id in found:
                row = found[record_id]
                yield row[1], as_mapping(table.record(row))
