"""The file that lasts: schema, connections.

One writer, any number of readers (WAL). `synchronous=OFF`: what a commit wrote survives the death of the process, which
is what happens here; a power cut may cost the whole file, and a session does not outlive one anyway.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, LifoQueue
from threading import BoundedSemaphore

from lab.core.errors import Conflict, EnvironmentLacks

SCHEMA_VERSION = 1
READERS = 3
_READER_CACHE_KIB, _WRITER_CACHE_KIB = 1024, 2048

_SCHEMA = """
CREATE TABLE meta(name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE streams(record TEXT, id INTEGER, labels TEXT, PRIMARY KEY(record, id)) WITHOUT ROWID;
CREATE TABLE logs(
  id INTEGER PRIMARY KEY, time_us INTEGER, stream INTEGER, trace TEXT, span TEXT, message TEXT, attributes TEXT);
CREATE INDEX logs_stream ON logs(stream);
CREATE VIRTUAL TABLE logs_text USING fts5(
  tokens, content='', detail=none, columnsize=0, tokenize='ascii');
CREATE TABLE spans(
  id INTEGER PRIMARY KEY, time_us INTEGER, duration_us INTEGER, stream INTEGER, trace TEXT, span TEXT, parent TEXT,
  attributes TEXT);
CREATE INDEX spans_stream ON spans(stream);
CREATE INDEX spans_trace ON spans(trace);
CREATE INDEX spans_slow ON spans(stream, duration_us, time_us);
CREATE VIRTUAL TABLE spans_text USING fts5(
  tokens, content='', detail=none, columnsize=0, tokenize='ascii');
CREATE TABLE series(id INTEGER PRIMARY KEY, key TEXT, outcomes TEXT);
CREATE TABLE blocks(
  series INTEGER, block INTEGER, at BLOB, us BLOB, codes BLOB, PRIMARY KEY(series, block)) WITHOUT ROWID;
CREATE TABLE gauge_names(id INTEGER PRIMARY KEY, service TEXT, name TEXT);
CREATE TABLE gauges(name INTEGER, time_ms INTEGER, value REAL, PRIMARY KEY(name, time_ms)) WITHOUT ROWID;
CREATE TABLE checkouts(
  id INTEGER PRIMARY KEY, end_ms INTEGER, start_ms INTEGER, status INTEGER, customer TEXT, trace TEXT);
CREATE INDEX checkouts_end ON checkouts(end_ms, status);
CREATE INDEX checkouts_start ON checkouts(start_ms, status);
CREATE INDEX checkouts_trace ON checkouts(trace);
CREATE INDEX checkouts_lost ON checkouts(end_ms, customer) WHERE status >= 500 OR status IN (0, 429);
CREATE TABLE order_events(
  id INTEGER PRIMARY KEY, event TEXT, time_ms INTEGER, placed_ms INTEGER, paid_after_ms REAL, cents INTEGER,
  order_id TEXT, customer TEXT, trace TEXT, done_ms INTEGER, known INTEGER DEFAULT 0);
CREATE UNIQUE INDEX order_events_order ON order_events(order_id, event);
CREATE INDEX order_events_time ON order_events(event, time_ms, cents);
CREATE INDEX order_events_placed ON order_events(event, placed_ms, paid_after_ms);
CREATE INDEX order_events_done ON order_events(event, done_ms, placed_ms);
CREATE INDEX order_events_later ON order_events(time_ms) WHERE event = 'failed' AND known = 0;
CREATE INDEX order_events_trace ON order_events(trace) WHERE event = 'failed';
CREATE TABLE pins(kind TEXT, low, high, PRIMARY KEY(kind, low, high)) WITHOUT ROWID;
"""


def open_writer(path: Path) -> sqlite3.Connection:
    """The writing connection, schema in place; EnvironmentLacks when the file cannot be used."""
    connection = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute(f"PRAGMA cache_size=-{_WRITER_CACHE_KIB}")
        connection.execute("PRAGMA journal_size_limit=8388608")
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version == 0:
            connection.executescript(f"BEGIN; {_SCHEMA} PRAGMA user_version={SCHEMA_VERSION}; COMMIT;")
    except (OSError, sqlite3.Error) as error:
        if connection is not None:
            connection.close()
        raise EnvironmentLacks(
            f"The telemetry file {path} cannot be used: {error}.",
            "Check free space and permissions of that folder, or delete the file.",
        ) from error
    if version not in (0, SCHEMA_VERSION):
        connection.close()
        raise EnvironmentLacks(
            f"{path} was written by another version of Faultlab.", "Delete the file, or run `lab reset`."
        )
    return connection


def open_reader(path: Path) -> sqlite3.Connection:
    """A read-only connection."""
    uri = f"{path.absolute().as_uri()}?mode=ro"
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
    connection.execute(f"PRAGMA cache_size=-{_READER_CACHE_KIB}")
    return connection


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """All or nothing of what the block writes."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:  # SQLite itself has rolled back when the disk is full
            db.execute("ROLLBACK")
        raise


def gone() -> Conflict:
    """What to tell whoever asks a store that is closed."""
    return Conflict("This session has ended, and its telemetry is gone.", "Read its report: `lab report`")


class Readers:
    """A few read-only connections, lent to one thread at a time; a thread waits when all are lent."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._idle: LifoQueue[sqlite3.Connection] = LifoQueue()
        self._free = BoundedSemaphore(READERS)
        self._closed = False

    @contextmanager
    def borrow(self) -> Iterator[sqlite3.Connection]:
        """A connection for one query; Conflict when the store is closed, or is being closed meanwhile."""
        if self._closed:
            raise gone()
        with self._free:
            try:
                connection = self._next()
                try:
                    yield connection
                finally:
                    self._idle.put(connection)
                    if self._closed:
                        self._close_idle()
            except sqlite3.Error:
                if self._closed:  # its file may have been removed already
                    raise gone() from None
                raise

    def close(self) -> None:
        """Close what is idle; what is lent is closed when it comes back."""
        self._closed = True
        self._close_idle()

    def _next(self) -> sqlite3.Connection:
        try:
            return self._idle.get_nowait()
        except Empty:
            return open_reader(self._path)

    def _close_idle(self) -> None:
        while True:
            try:
                self._idle.get_nowait().close()
            except Empty:
                return
