"""Memory as it was, from the file: after a restart, a crash, a kill."""

import sqlite3
from typing import TYPE_CHECKING

import orjson

from lab.core.errors import EnvironmentLacks
from lab.telemetry.blocks import BLOCK_MS
from lab.telemetry.model import Log, Span
from lab.telemetry.series import Outcome, SeriesKey, SeriesTable, place_of
from lab.telemetry.streams import Streams

if TYPE_CHECKING:
    from lab.telemetry.store import Store


def reopen(db: sqlite3.Connection, store: "Store") -> int:
    """Fill the store's memory; returns the number below which all blocks of series are in the file."""
    try:
        return _reopen(db, store)
    except sqlite3.Error as error:
        raise EnvironmentLacks(
            f"The telemetry file {store.path} is damaged: {error}.", "Delete it, or run `lab reset`."
        ) from error


def _reopen(db: sqlite3.Connection, store: "Store") -> int:
    restored: list[tuple[str, Streams[Span] | Streams[Log]]] = [
        ("span", store.span_streams),
        ("log", store.log_streams),
    ]
    for record, streams in restored:
        for (labels,) in db.execute("SELECT labels FROM streams WHERE record = ? ORDER BY id", (record,)):
            streams.restore(labels)
    for table, index in (("spans", store.spans), ("logs", store.logs)):
        for record_id, stream, ms in db.execute(
            f"SELECT id, stream, time_us / 1000 FROM {table} ORDER BY id"  # noqa: S608 - a constant name
        ):
            index.add(record_id, stream, ms)
    for gauge, service, name in db.execute("SELECT id, service, name FROM gauge_names ORDER BY id"):
        store.gauges.ids[service, name] = gauge
        newest = db.execute(
            "SELECT time_ms, value FROM gauges WHERE name = ? ORDER BY time_ms DESC LIMIT 1", (gauge,)
        ).fetchone()
        if newest:
            store.gauges.last[service, name] = newest
    row = db.execute("SELECT value FROM meta WHERE name = 'sealed'").fetchone()
    sealed = int(row[0]) if row else 0
    _restore_series(db, store.series)
    _recount(db, store.series, store.span_streams, sealed)
    return sealed


def _restore_series(db: sqlite3.Connection, table: SeriesTable) -> None:
    for series_id, key, outcomes in db.execute("SELECT id, key, outcomes FROM series ORDER BY id"):
        series = table.of(SeriesKey(*orjson.loads(key)))
        if series.id != series_id:
            raise sqlite3.DatabaseError(f"series {series_id} is missing its predecessors")
        for status, error, retry in orjson.loads(outcomes):
            series.code(Outcome(status, error, retry))
        series.saved_outcomes = len(series.outcomes)
    for series_id, number in db.execute("SELECT series, block FROM blocks"):
        table.all[series_id].stored.add(number)


def _recount(db: sqlite3.Connection, table: SeriesTable, streams: Streams[Span], sealed: int) -> None:
    """Blocks that were still growing: counted again from the spans themselves."""
    for stream_id, end_us, duration_us, attributes in db.execute(
        "SELECT stream, time_us, duration_us, attributes FROM spans WHERE time_us >= ?", (sealed * BLOCK_MS * 1000,)
    ):
        stream = streams.all[stream_id]
        place = place_of(streams.record(stream, orjson.loads(attributes)) if stream.open else stream.sample)
        if place is not None:
            series = table.of(place[0])
            table.add(series, series.code(place[1]), end_us // 1000, duration_us)
