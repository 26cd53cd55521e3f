"""Words in lines, columns in widths."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.cli.layout import Column, Line, Run, cells, clean, cut, flow, fold, span_bar, sparkline, table
from lab.cli.markdown import render


def text_of(lines: list[Line]) -> list[str]:
    """The lines without styles."""
    return ["".join(run.text for run in line).rstrip() for line in lines]


WORDS = st.lists(st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=12), min_size=1, max_size=30)


@given(WORDS, st.integers(min_value=30, max_value=80))
def test_flowing_loses_no_word_and_no_line_is_too_wide(words: list[str], width: int) -> None:
    lines = text_of(flow([Run(" ".join(words))], width))
    assert " ".join(lines).split() == " ".join(words).split()
    assert all(cells(line) <= width for line in lines)


@given(WORDS, st.integers(min_value=30, max_value=80))
def test_folding_a_record_loses_nothing_but_spaces(words: list[str], width: int) -> None:
    text = "  ".join(words)
    lines = fold(text, width)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(cells(line) <= width for line in lines)


def test_a_solid_run_is_never_broken_and_keeps_its_punctuation() -> None:
    command = Run("`lab logs status:503 --since 60s`", "code", solid=True)
    lines = text_of(flow([Run("Look at the logs ("), command, Run("), then go on.")], 40))
    assert lines == ["Look at the logs", "(`lab logs status:503 --since 60s`),", "then go on."]


@given(
    st.lists(st.tuples(st.text(max_size=40), st.text(max_size=200)), max_size=6),
    st.integers(min_value=40, max_value=110),
)
def test_a_table_with_a_flexible_column_fits(rows: list[tuple[str, str]], width: int) -> None:
    cleaned = [[clean(cell).replace("\n", " ") for cell in row] for row in rows]
    lines = text_of(table([Column("a", cut=True), Column("b", flexible=True)], cleaned, width))
    assert all(cells(line) <= width for line in lines)


def test_wide_characters_count_twice() -> None:
    assert (cells("漢字"), cells("e\u0301"), cut("漢字漢字", 5)) == (4, 1, "漢字…")


@given(st.text())
def test_clean_text_cannot_move_the_cursor(text: str) -> None:
    kept = clean(text).replace("\n", "")
    assert all(unicodedata.category(char) not in {"Cc", "Cf"} for char in kept)


def test_an_escape_sequence_is_shown_and_not_obeyed() -> None:
    assert clean("a\x1b[2Jb\u202e") == "a\\x1b[2Jb\\u202e"


@pytest.mark.parametrize(
    ("values", "line"),
    [([0, 1, 2, 4], "▁▃▅█"), ([None, 1, None], " █ "), ([], ""), ([0.0, 0.0], "▁▁"), ([float("nan"), 3], " █")],
)
def test_a_sparkline_shows_size_and_gaps(values: list[float | None], line: str) -> None:
    assert sparkline(values) == line


def test_a_long_series_is_drawn_in_the_width_and_keeps_its_peak() -> None:
    values: list[float | None] = [1.0] * 100
    values[57] = 9.0
    line = sparkline(values, 20)
    assert (len(line), line.count("█")) == (20, 1)


@given(st.floats(0, 1000), st.floats(0, 1000), st.integers(1, 60))
def test_a_span_always_shows_and_never_leaves_its_scale(offset: float, length: float, width: int) -> None:
    bar = span_bar(offset, length, 1000.0, width, "#")
    assert len(bar) == width
    assert "#" in bar


def test_markdown_is_told_in_lines() -> None:
    source = (
        "# Head\n\nOne *two* **three** `lab logs`\nfour.\n\n- a\n- b\n  c\n\n> said\n\n"
        "```\nlab status\n```\n\n| x | y |\n|---|--:|\n| 1 | 22 |"
    )
    lines = text_of(render(source, 40, lambda text: Run(f"`{text}`", "code", solid=True)))
    assert lines == [
        "Head", "", "One two three `lab logs` four.", "", "• a", "• b c", "", "│ said", "", "    lab status", "",
        "x   y", "1  22",
    ]  # fmt: skip


@given(st.text(st.characters(codec="utf-8"), max_size=300), st.integers(40, 100))
def test_no_markdown_can_break_the_terminal(text: str, width: int) -> None:
    render(clean(text), width, lambda code: Run(code, solid=True))
