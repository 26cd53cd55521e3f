"""Progress as CSV."""

import csv
import io

import pytest

from lab.export.progress import csv_of

RUN = {"at_s": 0, "scenario": "rate-limit", "title": "=HYPERLINK(1)", "seed": 7, "points": 85.0, "of": 100}
RUN |= {"share": 0.85, "passed": True, "verdict": "passed", "skills": ["a", "b"]}


def test_a_run_is_a_line_and_no_text_is_a_formula() -> None:
    (row,) = csv.DictReader(io.StringIO(csv_of([RUN])))
    assert (row["scenario"], row["points"], row["skills"]) == ("rate-limit", "85.0", "a b")
    assert row["title"] == "'=HYPERLINK(1)"


def test_nothing_done_is_a_table_without_lines() -> None:
    assert len(csv_of([]).splitlines()) == 1


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t=", "\r=", " ="])
def test_whatever_a_text_begins_with_it_is_no_formula(begin: str) -> None:
    (row,) = csv.DictReader(io.StringIO(csv_of([{**RUN, "title": f"{begin}HYPERLINK(1)"}]), newline=""))
    assert row["title"].startswith("'")
