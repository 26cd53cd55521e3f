"""When more telemetry came than could be kept, whoever looks at numbers is told."""

import copy

import fakes_console_answers as canned
from fakes_console import FakeConsole
from lab_on_fakes import Lab


def test_records_that_were_shed_are_told_beside_the_numbers_that_count_them(lab: Lab, console: FakeConsole) -> None:
    kept = {"logs": 10, "spans": 10, "shed": 12_345, "evicted": 0, "error": None}
    console.answers["GET", "/api/overview"] = {**copy.deepcopy(canned.OVERVIEW), "records": kept}
    out = " ".join(lab("metrics").out.split())
    assert "12 345 records came faster than could be kept: counted above, missing in logs and traces." in out


def test_nothing_is_said_when_nothing_was_shed(lab: Lab, console: FakeConsole) -> None:
    kept = {"logs": 10, "spans": 10, "shed": 0, "evicted": 5, "error": None}
    console.answers["GET", "/api/overview"] = {**copy.deepcopy(canned.OVERVIEW), "records": kept}
    assert "kept" not in lab("metrics").out
