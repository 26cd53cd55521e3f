"""Answers from a file: what is read, and where exactly a malformed file is wrong."""

from pathlib import Path

import pytest
from fakes_console import FakeConsole
from hypothesis import given
from hypothesis import strategies as st
from lab_on_fakes import Lab

from lab.cli.answers import Answer, read
from lab.core.errors import UsageError

QUESTIONS = ["size", "whose", "proof", "update"]


def test_answers_come_in_the_order_of_the_questions_whatever_the_files() -> None:
    found = read("a.yaml", "whose: b\nsize: 19 %\n", QUESTIONS)
    assert found == [Answer("size", "19 %"), Answer("whose", "b")]


@pytest.mark.parametrize(
    ("written", "answer"),
    [("19", "19"), ("1e3", "1e3"), ("yes", "yes"), ("12:30", "12:30"), ("[a, c]", ["a", "c"]), ("'a: b'", "a: b")],
)
def test_an_answer_stays_as_it_was_written(written: str, answer: object) -> None:
    assert read("a.yaml", f"size: {written}", QUESTIONS) == [Answer("size", answer)]


def test_an_answer_may_name_its_evidence_and_its_window() -> None:
    text = "size: {answer: 19 %, evidence: E1, since: 60s, until: now}"
    assert read("a.yaml", text, QUESTIONS) == [Answer("size", "19 %", ("E1",), "60s", "now")]


def test_a_long_text_keeps_its_lines() -> None:
    assert read("a.yaml", "update: |\n  First.\n  Second.\n", QUESTIONS) == [Answer("update", "First.\nSecond.\n")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "a.yaml:1:1: this is not a list"),
        ("- a\n", "a.yaml:1:1: this is not a list"),
        ("size: [1,\n", "a.yaml:2:1: this is not YAML"),
        ("size: 'x\n", "a.yaml:2:1: this is not YAML"),
        ("size: 1\n\twhose: b\n", "a.yaml:2:1: this is not YAML"),
        ("size: 1\nwhoose: b\n", "a.yaml:2:1: there is no question 'whoose'"),
        ("size: 1\nsize: 2\n", "a.yaml:2:1: 'size' is answered twice"),
        ("size:\n", "a.yaml:1:6: 'size' has no answer"),
        ("size: {awnser: 1}\n", "a.yaml:1:8: an answer has no field 'awnser'"),
        ("size: {since: 60s}\n", "a.yaml:1:7: 'size' has neither answer nor evidence"),
        ("size: &a [*a]\n", "a.yaml:1:7: the answer to 'size' contains itself"),
        ("size: \x00\n", "a.yaml: this is not YAML"),
    ],
)
def test_a_malformed_file_is_told_by_line_and_column(text: str, said: str) -> None:
    with pytest.raises(UsageError) as error:
        read("a.yaml", text, QUESTIONS)
    assert error.value.what.startswith(said)
    assert "\n" not in error.value.what


def test_a_file_is_refused_before_anything_of_it_is_sent(lab: Lab, console: FakeConsole, tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("whose: b\nproof: {answer: E1, since: yesterday}\n", encoding="utf-8")
    assert lab("diagnose", "--answers", str(file)).code == 2
    assert not [path for _, path, _ in console.requests if path == "/api/answers"]


def test_a_file_answers_every_open_question_and_leaves_settled_ones(
    lab: Lab, console: FakeConsole, tmp_path: Path
) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("size: 19 %\nwhose: b\nproof: [log:1041]\n", encoding="utf-8")
    result = lab("diagnose", "--answers", str(file))
    sent = [given for _, path, given in console.requests if path == "/api/answers"]
    assert result.code == 0
    assert sent == [{"question": "whose", "answer": "b"}, {"question": "proof", "answer": ["E1"]}]
    assert "size: right already" in result.err


def test_a_wrong_answer_in_a_file_is_exit_code_1(lab: Lab, console: FakeConsole, tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("whose: a\n", encoding="utf-8")
    assert lab("diagnose", "--answers", str(file)).code == 1


_ODD = ["size", "whose", "~", "1e400", "&a [*a]", "!!python/name:os.system", "*x"]
_SCALARS = st.text(max_size=12) | st.sampled_from(_ODD)
_WRITTEN = st.recursive(
    _SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda parts: f"[{', '.join(parts)}]")
        | st.tuples(inner, inner).map(lambda pair: f"{{{pair[0]}: {pair[1]}}}")
    ),
    max_leaves=8,
)


@given(st.lists(st.tuples(st.sampled_from([*QUESTIONS, "? [a]", "other"]), _WRITTEN), max_size=4))
def test_any_file_is_read_or_refused_in_one_sentence(lines: list[tuple[str, str]]) -> None:
    text = "\n".join(f"{question}: {answer}" for question, answer in lines)
    refused = None
    try:
        read("a.yaml", text, QUESTIONS)
    except UsageError as error:
        refused = error
    assert refused is None or (refused.what.startswith("a.yaml") and refused.hint)


def test_a_file_nested_without_end_is_refused() -> None:
    with pytest.raises(UsageError):
        read("a.yaml", "size: " + "[" * 20_000, QUESTIONS)
