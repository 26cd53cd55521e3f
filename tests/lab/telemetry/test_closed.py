"""A store that is closed: whoever still asks it is told so, and nothing of it stays open."""

import sqlite3
from collections.abc import Callable

import pytest
from fakes_telemetry import T0, log, request

from lab.core.errors import Conflict
from lab.core.window import Window
from lab.telemetry import Scope, Store, Telemetry
from lab.telemetry.blocks import BLOCK_MS
from lab.telemetry.series import SeriesKey

ALL = Window(T0, T0 + 100)


def test_its_records_are_said_to_be_gone(store: Store, telemetry: Telemetry) -> None:
    store.add_spans([request(at=1)])
    store.add_logs([log("before")])
    store.close()
    store.path.unlink()
    asked: list[Callable[[], object]] = [
        lambda: telemetry.logs("before"),
        lambda: telemetry.business(ALL),
        lambda: list(telemetry.export_records(ALL)),
    ]
    for ask in asked:
        with pytest.raises(Conflict, match="has ended") as refused:
            ask()
        assert "`lab report`" in refused.value.hint


def test_numbers_that_only_the_file_held_are_said_to_be_gone(store: Store, telemetry: Telemetry) -> None:
    store.series.of(SeriesKey("orders", "", "POST /orders", "")).stored.add(int(T0) * 1000 // BLOCK_MS)
    store.close()
    with pytest.raises(Conflict, match="has ended"):
        telemetry.red(Scope(service="orders"), ALL)


def test_a_connection_that_is_lent_meanwhile_is_closed_when_it_comes_back(store: Store) -> None:
    with store.readers.borrow() as lent:
        store.close()
        assert lent.execute("SELECT 1").fetchone() == (1,)
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        lent.execute("SELECT 1")


def test_a_query_that_the_end_cuts_off_says_so(store: Store) -> None:
    def ask() -> None:
        with store.readers.borrow() as lent:
            store.close()
            lent.execute("SELECT * FROM what_was_there")

    with pytest.raises(Conflict, match="has ended"):
        ask()
